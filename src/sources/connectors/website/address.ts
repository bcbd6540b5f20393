const tracking =
  /^(utm_\w+|gclid|gbraid|wbraid|fbclid|msclkid|mc_[ce]id|igshid|_ga|phpsessid|jsessionid|cfid|cftoken|replytocom)(=|$)/i;
// How a folder that Apache lists is to be sorted.
const sorting = /^C=[NMSD];O=[AD]$/;
const session = /;jsessionid=[^/]*/i;

// Not .js: pages are called Node.js, and what is a script is not read beyond its content type.
const notPages =
  /\.(jpe?g|png|gif|svg|webp|avif|ico|bmp|tiff?|css|map|pdf|docx?|xlsx?|pptx?|odt|epub|zip|gz|tgz|bz2|xz|zst|7z|rar|tar|exe|dmg|msi|deb|rpm|iso|apk|jar|mp[34]|m4a|webm|og[gv]|wav|mov|avi|woff2?|ttf|otf|eot)$/i;

/** The same page under one address: without its fragment and what is only there to follow visitors. */
export function normalised(address: string | URL): string {
  const url = new URL(address);
  url.hash = '';
  url.pathname = url.pathname.replace(session, '');
  // Not with URLSearchParams, which would write the parameters that stay in another way.
  const kept = url.search.slice(1).split('&');
  url.search = kept
    .filter((parameter) => parameter && !tracking.test(parameter) && !sorting.test(parameter))
    .join('&');
  return url.href;
}

/**
 * Absolute, normalised and on the web; null for all else that a link may be. What a site on https still calls http is
 * its own page.
 */
export function linkedAddress(href: string | undefined, base: string): string | null {
  if (!href || !URL.canParse(href, base)) return null;
  const url = new URL(href, base);
  const { protocol, host } = new URL(base);
  if (protocol === 'https:' && url.protocol === 'http:' && url.host === host) url.protocol = protocol;
  return /^https?:$/.test(url.protocol) && !url.username ? normalised(url) : null;
}

/** The path that addresses of one page are likely to share: that of a folder is also that of its index. */
export function folderOf(address: string): string {
  return new URL(address).pathname.replace(/\/(index|default)\.(x?html?|php|aspx?)$/i, '/');
}

/** The path of an address as people read it. */
export function pathOf(address: string): string {
  const { pathname } = new URL(address);
  try {
    return decodeURI(pathname);
  } catch {
    return pathname;
  }
}

/** Whether an address could be that of a page, by what its path ends in. */
export function mayBePage(address: string): boolean {
  return !notPages.test(new URL(address).pathname);
}
