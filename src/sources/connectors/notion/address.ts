const digits = /([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i;

/** The id of a page in what was copied from Notion: `…/Title-{id}`, or `…?p={id}` where it is open beside another. */
export function pageIn(text: string): string | null {
  const url = addressIn(text);
  return url ? (idIn(url.searchParams.get('p') ?? '') ?? idIn(url.pathname)) : wholeId(text);
}

/** The id of a database: its address may also name a view (`?v=`) and a page of it (`&p=`). */
export function databaseIn(text: string): string | null {
  const url = addressIn(text);
  return url ? idIn(url.pathname) : wholeId(text);
}

function addressIn(text: string): URL | null {
  return /^(https?|notion):\/\//i.test(text) && URL.canParse(text) ? new URL(text) : null;
}

function wholeId(text: string): string | null {
  return /^[0-9a-f-]{32,36}$/i.test(text) ? idIn(text) : null;
}

function idIn(path: string): string | null {
  const parts = digits.exec(path.replace(/\/+$/, ''));
  return parts ? parts.slice(1).join('-').toLowerCase() : null;
}
