// Search from everywhere: Ctrl or ⌘ with K, or /. A dialog over the page of /app/search, which does the finding; the
// field and its list are a combobox as in the ARIA Authoring Practices (“editable combobox with list autocomplete”).
(() => {
  let dialog = null;
  let field;
  let list;
  let said;
  let asked = null;
  let timer = 0;

  const isTyped = (element) =>
    element.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName);
  const isSignedIn = () => document.querySelector('[data-palette]') !== null;

  document.addEventListener('keydown', (event) => {
    const isK = event.key?.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
    const isSlash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!(isK && !event.shiftKey && !event.altKey) && !(isSlash && !isTyped(event.target))) return;
    if (!isSignedIn() || (document.querySelector('dialog[open]') && !dialog?.open)) return;
    event.preventDefault();
    open();
  });

  // Before htmx sees the click; with a key held down, a new tab opens as from any link.
  document.addEventListener(
    'click',
    (event) => {
      const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!isPlain || !event.target.closest?.('[data-palette]')) return;
      event.preventDefault();
      event.stopPropagation();
      open();
    },
    true,
  );

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.append(...children);
    return made;
  }

  function open() {
    if (dialog?.isConnected && dialog.open) return field.select();
    field = element('input', {
      class: 'form-control',
      type: 'text',
      name: 'q',
      role: 'combobox',
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: '200',
      placeholder: 'A name, a URL, an e-mail address',
      'aria-label': 'Search for',
      'aria-autocomplete': 'list',
      'aria-expanded': 'false',
      'aria-controls': 'palette-list',
    });
    list = element('div', { role: 'listbox', id: 'palette-list', 'aria-label': 'Results' });
    said = element('p', { class: 'visually-hidden', role: 'status' });
    const form = element('form', { action: '/app/search', method: 'get', role: 'search' }, field);
    const keys = element(
      'p',
      { class: 'palette-keys', 'aria-hidden': 'true' },
      '↑ ↓ choose · Enter open · Esc close',
    );
    dialog = element('dialog', { class: 'palette', 'aria-label': 'Search' }, form, list, said, keys);
    document.body.append(dialog);
    field.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(find, 120);
    });
    field.addEventListener('keydown', move);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      follow(chosen()?.dataset.href ?? `/app/search?q=${encodeURIComponent(field.value)}`);
    });
    list.addEventListener('mousemove', ({ target }) => choose(target.closest('[role=option]')));
    // The field keeps the focus.
    list.addEventListener('mousedown', (event) => event.preventDefault());
    list.addEventListener('click', ({ target }) => {
      const option = target.closest('[role=option]');
      if (option) follow(option.dataset.href);
    });
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
    const closing = dialog;
    dialog.addEventListener('close', () => {
      asked?.abort();
      clearTimeout(timer);
      closing.remove();
    });
    dialog.showModal();
    find();
  }

  /** Shows what the page of the search shows for these words. */
  async function find() {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    const address = `/app/search?q=${encodeURIComponent(field.value)}`;
    const answer = await fetch(address, { signal }).catch(() => null);
    if (!answer || signal.aborted) return;
    // Signed out meanwhile.
    if (answer.redirected || !answer.ok) return location.assign(address);
    const text = await answer.text().catch(() => null);
    if (text === null || signal.aborted) return;
    show(new DOMParser().parseFromString(text, 'text/html'));
  }

  function show(page) {
    let count = 0;
    const groups = [...page.querySelectorAll('#results [data-group]')].map((group, place) => {
      const name = element(
        'div',
        { class: 'palette-group', id: `palette-group-${place}` },
        group.dataset.group,
      );
      const options = [...group.querySelectorAll('[data-hit]')].map((hit) => {
        const about = element('span', {}, hit.nextElementSibling?.textContent ?? '');
        const attributes = { role: 'option', id: `palette-option-${count++}`, 'aria-selected': 'false' };
        const option = element('div', attributes, element('strong', {}, hit.textContent), ' ', about);
        option.dataset.href = hit.getAttribute('href');
        return option;
      });
      return element('div', { role: 'group', 'aria-labelledby': `palette-group-${place}` }, name, ...options);
    });
    list.replaceChildren(...groups);
    const none = page.querySelector('#results h2')?.textContent ?? '';
    if (count === 0) list.append(element('p', { class: 'text-secondary m-2' }, none));
    field.setAttribute('aria-expanded', String(count > 0));
    said.textContent = count === 0 ? none : `${count} ${count === 1 ? 'result' : 'results'}`;
    choose(field.value.trim() === '' ? null : list.querySelector('[role=option]'));
  }

  const chosen = () => list.querySelector('[aria-selected=true]');

  function choose(option) {
    const before = chosen();
    if (option === before) return;
    before?.setAttribute('aria-selected', 'false');
    if (!option) return field.removeAttribute('aria-activedescendant');
    option.setAttribute('aria-selected', 'true');
    option.scrollIntoView({ block: 'nearest' });
    field.setAttribute('aria-activedescendant', option.id);
  }

  function move(event) {
    const options = [...list.querySelectorAll('[role=option]')];
    const at = options.indexOf(chosen());
    const to = {
      ArrowDown: at + 1 < options.length ? at + 1 : 0,
      ArrowUp: at > 0 ? at - 1 : options.length - 1,
    }[event.key];
    if (to === undefined || options.length === 0) return;
    event.preventDefault();
    choose(options[to]);
  }

  /** As a click on a link of the page: htmx goes there without a reload. */
  function follow(href) {
    dialog.close();
    const link = element('a', { href, hidden: '' });
    document.body.append(link);
    window.htmx?.process(link);
    link.click();
  }
})();
