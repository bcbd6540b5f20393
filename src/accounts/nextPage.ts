const here = 'http://hookbell.invalid';

/**
 * Where to go after signing in: a page of `/app` that the address asks for, else the dashboard. Never another
 * site: of `//evil/app` or `/\\evil/app`, read as browsers read them, only the path is taken.
 */
export function nextPage(asked: unknown): string {
  const url = typeof asked === 'string' && URL.canParse(asked, here) ? new URL(asked, here) : null;
  return url && /^\/app(\/|$)/.test(url.pathname) ? url.pathname + url.search + url.hash : '/app';
}
