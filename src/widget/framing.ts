import type { Response } from 'express';

/** Lets pages of these origins, and our own, frame this answer; the rest of the policy stays as strict as it is. */
export function mayBeFramedBy(res: Response, origins: string[]): void {
  // A URL's host may hold `;` and `,`, which would end the directive.
  const sources = ["'self'", ...origins.filter((origin) => !/[\s;,']/.test(origin))];
  extendPolicy(res, (policy) =>
    policy.replace("frame-ancestors 'none'", `frame-ancestors ${sources.join(' ')}`),
  );
  // It knows no list of origins, and frame-ancestors says it all (CSP Level 3, 6.4.2).
  res.removeHeader('X-Frame-Options');
}

/** Lets this page frame our own pages. */
export function mayFrameOurs(res: Response): void {
  extendPolicy(res, (policy) => `${policy};frame-src 'self'`);
}

function extendPolicy(res: Response, change: (policy: string) => string): void {
  const name = 'Content-Security-Policy';
  res.set(name, change(String(res.get(name))));
}
