// Small comforts. Every page works without this file.
document.documentElement.dataset.js = 'on';

document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    await copyText(document.querySelector(copy.dataset.copy));
    const label = copy.querySelector('span') ?? copy;
    const before = label.textContent;
    label.textContent = 'Copied';
    setTimeout(() => {
      label.textContent = before;
    }, 1500);
    return;
  }
  const generate = event.target.closest('[data-generate]');
  if (generate) {
    const field = document.querySelector(generate.dataset.generate);
    const random = crypto.getRandomValues(new Uint8Array(16));
    field.value = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
    field.focus();
    return;
  }
  for (const menu of document.querySelectorAll('details.user-menu[open]')) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener('keydown', (event) => {
  const menu = event.target.closest?.('details.user-menu[open]');
  if (event.key !== 'Escape' || !menu) return;
  menu.open = false;
  menu.querySelector('summary').focus();
});

// navigator.clipboard exists on https and localhost only.
async function copyText(element) {
  const text = element.value ?? element.textContent;
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const range = document.createRange();
  range.selectNodeContents(element);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  document.execCommand('copy');
}

// <div data-for="type" data-is="csv json"> shows while the field named "type" holds one of these.
function showMatching(root) {
  for (const part of root.querySelectorAll('[data-for]')) {
    const field = part.closest('form').elements[part.dataset.for];
    const wanted = part.dataset.is.split(' ').includes(field.value);
    part.hidden = !wanted;
    part.disabled = !wanted;
  }
}
document.addEventListener('change', (event) => {
  if (event.target.form) showMatching(event.target.form);
});
addEventListener('DOMContentLoaded', () => showMatching(document));
document.addEventListener('htmx:afterSettle', (event) => showMatching(event.target.parentNode ?? document));

// On a phone, the tab of this page may be beyond the edge.
function showTab() {
  const tab = document.querySelector('.tabs [aria-current]');
  if (!tab) return;
  const row = tab.parentElement;
  const [one, all] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollLeft += one.left - all.left - (all.width - one.width) / 2;
}
addEventListener('DOMContentLoaded', showTab);
document.addEventListener('htmx:afterSettle', ({ detail }) => detail.boosted && showTab());

// A link or form that was followed without a reload leads to the top of the new page, as one with a reload does;
// a form that was refused leads to its first wrong field.
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  if (!detail.boosted) return;
  const wrong = document.querySelector('[aria-invalid]') ?? document.querySelector('[role="alert"]');
  if (!wrong) scrollTo({ top: 0, behavior: 'instant' });
  const start = wrong ?? document.querySelector('[autofocus]') ?? document.querySelector('main');
  if (start.role === 'alert') start.tabIndex = -1;
  start.focus({ preventScroll: start.tagName === 'MAIN' });
});

// A part of a page that cannot be renewed, because somebody deleted it or signed us out: the whole page says why.
// While the server is out of order, what is shown stays.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { boosted, xhr, pathInfo, requestConfig } = event.detail;
  const { pathname } = new URL(xhr.responseURL);
  const isHere = [location.pathname, new URL(pathInfo.requestPath, location).pathname].includes(pathname);
  // A form that is sent alone shows its own refusal.
  const isRefused = requestConfig.elt.matches('form') && [409, 422, 429].includes(xhr.status);
  if (boosted || isRefused || (xhr.status < 400 && isHere)) return;
  event.detail.shouldSwap = false;
  if (xhr.status < 500 || requestConfig.verb !== 'get') location.reload();
});

// What was asked for and has not come: a renewal of a part of this page, or what was pressed.
const underway = new Map();
const isRenewal = ({ boosted, requestConfig }) => !boosted && requestConfig.verb === 'get';
document.addEventListener('htmx:beforeSend', ({ detail }) => {
  underway.set(detail.xhr, detail);
  detail.xhr.addEventListener('loadend', () => {
    underway.delete(detail.xhr);
    setTimeout(renewHeld);
  });
});

// Nothing is renewed under a pressed button, nor while what was pressed is on its way: with the link or the form that
// is replaced, htmx would forget where it leads.
let isPressed = false;
const held = new Map();
const mayRenew = () => !isPressed && [...underway.values()].every(isRenewal);
function renewHeld() {
  if (!mayRenew()) return;
  for (const [elt, type] of held) if (elt.isConnected) window.htmx.trigger(elt, type);
  held.clear();
}
document.addEventListener('pointerdown', () => {
  isPressed = true;
});
for (const type of ['pointerup', 'pointercancel']) {
  document.addEventListener(type, () => {
    isPressed = false;
    // After the click that follows.
    setTimeout(renewHeld);
  });
}
document.addEventListener('htmx:beforeSwap', (event) => {
  if (!isRenewal(event.detail) || mayRenew()) return;
  event.detail.shouldSwap = false;
  const { elt, triggeringEvent } = event.detail.requestConfig;
  held.set(elt, triggeringEvent.type);
});

// What is still on its way belongs to the page that goes now: it would take parts that are kept (hx-preserve) out of
// the new one. It is not aborted, for that is an error in the console.
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (!detail.boosted) return;
  for (const [xhr, { boosted }] of underway) if (!boosted) xhr.onload = null;
});

// A stream that is refused, not merely cut: the user is signed out or the subject gone, and the whole page says so.
document.addEventListener('htmx:sseError', async ({ detail }) => {
  if (detail.source.readyState !== EventSource.CLOSED) return;
  const page = await fetch(location.href, { method: 'HEAD' }).catch(() => null);
  if (page && (page.redirected || (page.status >= 400 && page.status < 500))) location.reload();
});

// The page that Back leads to is asked for anew. When it is gone or cannot be had, the browser itself says so.
document.addEventListener('htmx:historyCacheMiss', ({ detail }) => {
  detail.xhr.addEventListener('error', () => location.reload());
});
document.addEventListener('htmx:historyCacheMissLoadError', () => location.reload());
