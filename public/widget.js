// Puts the chat of a Hookbell bot on a page: <script src="…/widget.js" data-bot="…" async></script>
// The page steers it by window.hookbell: widget.d.ts beside this file says how.
(() => {
  const script = document.currentScript ?? document.querySelector('script[data-bot][src*="/widget.js"]');
  const bot = script?.dataset.bot ?? '';
  if (!/^[\w-]{1,64}$/.test(bot)) return console.warn('Hookbell: the script needs data-bot="{botId}"');
  const source = new URL(script.src);
  const base = source.href.slice(0, source.href.lastIndexOf('/widget.js'));
  const remembered = `hookbell:${bot}:open`;
  const [events, themes] = [
    ['ready', 'open', 'close', 'message', 'unread', 'state', 'error'],
    ['auto', 'light', 'dark'],
  ];
  /** In ms: how long a page that has loaded may take to say that it is ready. */
  const patience = 2000;

  // The outlines are Tabler's icons “message-circle” and “x”.
  const bubble =
    'm3 20 1.3-3.9C1.976 12.663 2.874 8.228 6.4 5.726c3.526-2.501 8.59-2.296 11.845.48s3.695 7.266 1.029 10.501S11.659 20.922 7.7 19z';

  // No style attributes and no <style>: the page's Content-Security-Policy may forbid them.
  const css = `
    :host { all: initial; color-scheme: light dark; }
    [hidden] { display: none !important; }
    button {
      position: fixed; right: 20px; bottom: 20px; z-index: 2147483001; width: 56px; height: 56px; padding: 0;
      display: grid; place-items: center; border: 0; border-radius: 50%; cursor: pointer;
      background: #0559ab; color: #fff; box-shadow: 0 2px 6px #0004, 0 6px 20px #0003;
    }
    button:hover { background: #04478a; }
    button:focus-visible { outline: 3px solid #0559ab; outline-offset: 3px; box-shadow: 0 0 0 3px #fff; }
    svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.75;
      stroke-linecap: round; stroke-linejoin: round; }
    .badge {
      position: absolute; top: -4px; right: -4px; min-width: 22px; height: 22px; box-sizing: border-box;
      padding: 0 6px; border-radius: 11px; background: #b32424; color: #fff; font: 600 13px/22px system-ui, sans-serif;
    }
    iframe {
      position: fixed; right: 20px; bottom: 88px; z-index: 2147483000; width: 384px;
      height: min(640px, calc(100vh - 108px)); height: min(640px, calc(100dvh - 108px));
      border: 1px solid #0003; border-color: light-dark(#0003, #fff3); border-radius: 14px; background: Canvas; color-scheme: light dark;
      box-shadow: 0 4px 12px #0002, 0 12px 40px #0004;
    }
    :host([data-theme=light]) iframe { color-scheme: light; }
    :host([data-theme=dark]) iframe { color-scheme: dark; }
    @media (max-width: 480px) {
      iframe { inset: 0; width: 100%; height: 100vh; height: 100dvh; border: 0; border-radius: 0; }
      button[aria-expanded=true] { display: none; }
    }
    @media print { button, iframe { display: none; } }`;

  const listeners = new Set();
  /** What the page asked for before the chat was there. */
  const asked = [];
  let chat = null;

  giveApi();
  // After the page itself: it does not wait for the chat.
  if (document.readyState === 'complete') start();
  else addEventListener('load', start);

  // ── What the page may call ──

  function giveApi() {
    const api = {
      bot,
      open: () => whenReady(({ open }, isUrged) => open({ focus: isUrged })),
      close: () => whenReady(({ close }) => close()),
      toggle: () => whenReady(({ toggle }, isUrged) => toggle({ focus: isUrged })),
      show: () => whenReady(({ show }) => show()),
      hide: () => whenReady(({ hide }) => hide()),
      sendMessage(text) {
        need(typeof text === 'string' && text.trim(), 'sendMessage takes a text');
        whenReady(({ tell }) => tell('say', { text }));
      },
      newConversation: () => whenReady(({ tell }) => tell('renew')),
      identify(visitor) {
        const isObject = typeof visitor === 'object' && visitor !== null && !Array.isArray(visitor);
        need(isObject, 'identify takes an object such as { name, email }');
        const userData = JSON.parse(JSON.stringify(visitor));
        whenReady(({ tell }) => tell('identify', { userData }));
      },
      setTheme(theme) {
        need(themes.includes(theme), `setTheme takes one of ${themes.join(', ')}`);
        whenReady(({ paint }) => paint(theme));
      },
      on(event, listener) {
        need(events.includes(event), `on knows the events ${events.join(', ')}`);
        need(typeof listener === 'function', 'on takes an event and a function');
        const entry = { event, listener };
        listeners.add(entry);
        if (event === 'ready' && chat) queueMicrotask(() => listeners.has(entry) && hear(entry, {}));
        return () => void listeners.delete(entry);
      },
    };
    const before = window.hookbell;
    // Of another bot's widget, which came first.
    if (before?.bot) return;
    const stub = Array.isArray(before?.q) ? before : { q: [] };
    const calls = stub.q;
    // Whoever kept a function of the stub may go on calling it.
    window.hookbell = Object.assign(stub, api, { q: { push: answer } });
    calls.forEach(answer);

    function answer(call) {
      if (!Object.hasOwn(api, call.name)) return;
      try {
        call.undo = api[call.name](...call.args);
      } catch (error) {
        report(error);
      }
    }
  }

  /** Now, or once the chat is there. Urged is what a person does: then the focus may go where they want to be. */
  function whenReady(act) {
    const isUrged = navigator.userActivation?.isActive ?? false;
    if (chat) act(chat, isUrged);
    else asked.push(() => act(chat, isUrged));
  }

  function emit(event, details) {
    for (const entry of [...listeners]) if (entry.event === event) hear(entry, details);
  }

  function hear({ listener }, details) {
    try {
      listener(details);
    } catch (error) {
      report(error);
    }
  }

  /** What the page did wrong is an error of the page, and stops nothing here. */
  function report(error) {
    setTimeout(() => {
      throw error;
    });
  }

  function need(isRight, what) {
    if (!isRight) throw new TypeError(`hookbell.${what}`);
  }

  // ── What stands on the page ──

  function start() {
    if (document.querySelector(`[data-hookbell="${bot}"]`)) return;
    const host = document.createElement('div');
    host.dataset.hookbell = bot;
    const root = host.attachShadow({ mode: 'open' });
    addStyle(root);
    const frame = document.createElement('iframe');
    frame.title = 'Chat';
    frame.hidden = true;
    frame.src = `${base}/chat/${bot}?embedded=1`;
    const { launcher, icon, badge } = makeLauncher();
    root.append(frame, launcher);
    let isOpen = false;
    let name = 'Chat';
    let returnTo = launcher;
    /** What a chat that is loaded again has to be told again. */
    const kept = { theme: null, identify: null };

    launcher.addEventListener('click', () => toggle({ focus: true }));
    root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && isOpen) close();
    });
    addEventListener('message', ({ source: from, origin, data }) => {
      // Whatever else writes to this page, only our frame is heard.
      if (from !== frame.contentWindow || origin !== source.origin) return;
      const { hookbell, count, details } = data ?? {};
      if (hookbell === 'ready') ready(data.name);
      else if (hookbell === 'close') close();
      else if (hookbell === 'unread' && Number.isSafeInteger(count)) {
        showUnread(count);
        emit('unread', { count });
      } else if (['message', 'state', 'error'].includes(hookbell)) emit(hookbell, details);
    });
    // A page that may not frame the chat, or a bot that is gone: the frame loads, and says nothing.
    frame.addEventListener('load', () => {
      setTimeout(() => {
        if (chat) return;
        host.remove();
        const message = `the chat did not start. Is ${location.origin} an allowed origin of the bot?`;
        console.warn(`Hookbell: ${message}`);
        emit('error', { message });
      }, patience);
    });
    document.body.append(host);

    function ready(given) {
      if (typeof given === 'string' && given) name = `Chat with ${given}`;
      frame.title = name;
      tell('hello');
      for (const word in kept) if (kept[word]) tell(word, kept[word]);
      if (isOpen) tell('opened');
      if (chat) return;
      chat = { open, close, toggle, show, hide, paint, tell };
      show();
      showUnread(0);
      emit('ready', {});
      if (recall()) open({ focus: false });
      for (const act of asked.splice(0)) act();
    }

    function open({ focus }) {
      show();
      if (!isOpen) {
        const active = document.activeElement;
        returnTo = active && active !== document.body && active !== host ? active : launcher;
      }
      const wasOpen = isOpen;
      isOpen = true;
      remember('yes');
      frame.hidden = false;
      launcher.setAttribute('aria-expanded', 'true');
      icon.setAttribute('d', 'M18 6 6 18M6 6l12 12');
      if (focus) frame.focus();
      tell('opened', { focus });
      if (!wasOpen) emit('open', {});
    }

    function close() {
      if (!isOpen) return;
      isOpen = false;
      remember('');
      const hadFocus = root.activeElement !== null;
      frame.hidden = true;
      launcher.setAttribute('aria-expanded', 'false');
      icon.setAttribute('d', bubble);
      if (hadFocus) (returnTo.isConnected ? returnTo : launcher).focus();
      tell('closed');
      emit('close', {});
    }

    function toggle(how) {
      if (isOpen) close();
      else open(how);
    }

    function show() {
      launcher.hidden = false;
    }

    function hide() {
      close();
      launcher.hidden = true;
    }

    function paint(theme) {
      host.dataset.theme = theme;
      tell('theme', { theme });
    }

    function showUnread(count) {
      badge.hidden = count < 1;
      badge.textContent = count > 9 ? '9+' : String(count);
      const news = count === 1 ? ', 1 new message' : `, ${count} new messages`;
      launcher.setAttribute('aria-label', count > 0 ? name + news : name);
    }

    function tell(hookbell, more = {}) {
      if (hookbell in kept) kept[hookbell] = more;
      frame.contentWindow?.postMessage({ hookbell, ...more }, source.origin);
    }
  }

  function makeLauncher() {
    const launcher = document.createElement('button');
    launcher.type = 'button';
    launcher.hidden = true;
    launcher.setAttribute('aria-expanded', 'false');
    launcher.setAttribute('aria-haspopup', 'dialog');
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 24 24');
    svg.setAttribute('aria-hidden', 'true');
    const icon = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    icon.setAttribute('d', bubble);
    svg.append(icon);
    const badge = document.createElement('span');
    badge.className = 'badge';
    badge.hidden = true;
    launcher.append(svg, badge);
    return { launcher, icon, badge };
  }

  function addStyle(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(Object.assign(document.createElement('style'), { textContent: css }));
    }
  }

  // The page's storage may be closed to scripts.
  function remember(value) {
    try {
      if (value) localStorage.setItem(remembered, value);
      else localStorage.removeItem(remembered);
    } catch {}
  }

  function recall() {
    try {
      return localStorage.getItem(remembered) === 'yes';
    } catch {
      return false;
    }
  }
})();
