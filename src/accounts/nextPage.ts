const here = 'http://hookbell.invalid';

/** Where to go after signing in: a page of `/app` that the address asks for, else the dashboard. Never another site. */
export function nextPage(asked: unknown): string {
  const text = typeof asked === 'string' ? asked : '';
  // Browsers read `/\evil`, `//evil` and `/<tab>/evil` as another host, and so does URL.
  const url = text.startsWith('/') && URL.canParse(text, here) ? new URL(text, here) : null;
  const isPage = url?.origin === here && /^\/app(\/|$)/.test(url.pathname);
  return isPage ? url.pathname + url.search + url.hash : '/app';
}
