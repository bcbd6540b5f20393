// The chat page, alone or framed by the widget. Without this file its forms work all the same.
document.documentElement.dataset.js = 'on';

addEventListener('DOMContentLoaded', () => {
  const { bot, name, welcome, takeover } = document.body.dataset;
  const byId = (id) => document.getElementById(id);
  const [history, log, draft, unsent] = ['history', 'log', 'draft', 'unsent'].map(byId);
  const [composer, content, human, email, question, talk] = [
    'composer',
    'content',
    'human',
    'email',
    'question',
    'talk',
  ].map(byId);
  const isFramed = parent !== window && new URLSearchParams(location.search).has('embedded');
  const mostUserData = 16 * 1024;
  let isOpen = !isFramed;
  let unread = 0;
  let prefilled = '';
  let toldState = '';
  let state = { state: 'Bot', agent: null, mayEscalate: takeover !== undefined };

  const hear = (word, details) => Object.hasOwn(heard, word) && heard[word](details);
  const postUp = isFramed ? window.hookbellAround(hear) : () => {};
  const line = window.hookbellLine({ bot, tell: (event, details) => react[event]?.(details) });
  const react = {
    message: showMessage,
    state(next) {
      // It comes after all that was said before, which is not read out again.
      showState(next);
      tellState();
      log.ariaLive = 'polite';
    },
    draft: ({ replyTo, text }) => showDraft(replyTo, text),
    delta: ({ replyTo, text }) => showDraft(replyTo, draft.querySelector('.text').textContent + text),
    dropped: hideDraft,
    waiting: showWaiting,
    settled: ({ clientId }) => waiting(clientId)?.remove(),
    connection: ({ isUp }) => say('connection', isUp ? '' : 'No connection. Trying again…'),
    refused: ({ text, why, status }) => {
      const isLost = status === 404 ? 'This chat was closed.' : `Your message was not sent. ${why}`;
      complain(isLost);
      giveBack(text, isLost);
    },
    ended: ({ text }) => {
      startAfresh();
      giveBack(text, 'The conversation has ended. Write to begin another one.');
    },
    renewed: startAfresh,
    unidentified: ({ why }) => complain(`identify: ${why}`),
  };

  takeOverThePage();
  void line.begin();
  postUp({ hookbell: 'ready', name });

  function takeOverThePage() {
    const { conversation, token } = composer.elements;
    if (conversation.value) {
      line.adopt(conversation.value, token.value);
      // The page is an answer to a form: loading it again must not send the form again.
      window.history.replaceState(null, '', location.href);
    }
    clear();
    composer.noValidate = true;
    human.noValidate = true;
    byId('ask').textContent = 'Ask for a human';
    byId('not-now').hidden = false;
    byId('close').hidden = !isFramed;
    document.documentElement.dataset.ready = 'on';
    if (!isFramed && matchMedia('(pointer: fine)').matches) content.focus();
  }

  // ── What is said ──

  function clear() {
    log.ariaLive = 'off';
    log.replaceChildren();
    unsent.replaceChildren();
    hideDraft();
    if (welcome) log.append(bubble({ from: 'bot', content: welcome, citations: [] }));
    showState({ state: 'Bot', agent: null, mayEscalate: takeover !== undefined });
    say('problem', '');
    say('connection', '');
    showHuman(false);
    count(0);
  }

  function showMessage(message) {
    const stays = isAtEnd();
    if (message.from === 'bot' && draft.dataset.replyTo === String(message.replyTo)) hideDraft();
    log.append(bubble(message));
    if (log.ariaLive === 'polite') tellMessage(message);
    if (stays || message.from === 'visitor') toEnd();
    talk.classList.toggle('offered', message.offersHuman);
    if (isOpen) line.see(message.number);
    else if (message.from !== 'visitor' && message.number > line.seen()) count(unread + 1);
    byId('renew').hidden = false;
  }

  function showWaiting({ clientId, content }) {
    const shown = bubble({ from: 'visitor', content, citations: [] });
    shown.dataset.clientId = clientId;
    unsent.append(shown);
    toEnd();
  }

  function waiting(clientId) {
    return [...unsent.children].find((shown) => shown.dataset.clientId === clientId);
  }

  function showDraft(replyTo, text) {
    const stays = isAtEnd();
    draft.dataset.replyTo = replyTo;
    draft.hidden = false;
    draft.querySelector('.text').textContent = text;
    draft.querySelector('.dots').hidden = text !== '';
    if (stays) toEnd();
  }

  function hideDraft({ replyTo = null } = {}) {
    if (replyTo !== null && draft.dataset.replyTo !== String(replyTo)) return;
    draft.hidden = true;
    draft.querySelector('.text').textContent = '';
  }

  function bubble({ from, author, content, citations }) {
    const shown = element('div', `message from-${from}`);
    if (from !== 'system') shown.append(element('span', 'who', from === 'visitor' ? 'You' : author || name));
    const text = shown.appendChild(element('div', 'text'));
    const left = from === 'bot' ? withSources(text, content, citations) : plain(text, content);
    if (left.length > 0) {
      const list = shown.appendChild(element('ul', 'sources'));
      for (const source of left) list.appendChild(element('li')).append(sourceLink(source));
    }
    return shown;
  }

  function plain(place, content) {
    place.textContent = content;
    return [];
  }

  /** A line “— Title, address” becomes a link where it stands; returns the sources that stand nowhere. */
  function withSources(place, content, citations) {
    const left = new Set(citations);
    for (const [index, words] of content.split('\n').entries()) {
      if (index > 0) place.append('\n');
      const source = citations.find((one) => words === sourceLine(one));
      if (!source) {
        place.append(words);
        continue;
      }
      left.delete(source);
      place.appendChild(element('span', 'source', '— ')).append(sourceLink(source));
    }
    return [...left];
  }

  function sourceLine({ title, url }) {
    return `— ${[title.replace(/\s+/g, ' ').trim(), url].filter(Boolean).join(', ')}`;
  }

  function sourceLink({ title, url }) {
    const words = title.trim() || url || '';
    // Sources are crawled: what is neither http nor https is no link.
    if (!url || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return words;
    return Object.assign(element('a', '', words), {
      href: url,
      target: '_blank',
      rel: 'noreferrer noopener',
    });
  }

  function startAfresh() {
    clear();
    // Another page of this browser has begun it: how it stands is about to be told.
    if (!line.hasBegun()) tellState();
  }

  function giveBack(text, why) {
    content.value = [text, content.value].filter(Boolean).join('\n');
    say('problem', why);
    showHuman(false);
    content.focus();
  }

  // ── What the visitor does ──

  composer.addEventListener('submit', (event) => {
    event.preventDefault();
    send();
  });
  content.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  content.addEventListener('input', () => say('problem', ''));

  function send() {
    const text = content.value.trim();
    say('problem', '');
    content.focus();
    if (!text) return;
    content.value = '';
    void line.say(text);
  }

  talk.addEventListener('click', () => showHuman(human.hidden));
  byId('not-now').addEventListener('click', () => {
    showHuman(false);
    talk.focus();
  });
  human.addEventListener('submit', async (event) => {
    event.preventDefault();
    const isWrong = !email.value.trim() || !email.checkValidity();
    wrong(email, isWrong ? 'Enter an e-mail address such as name@example.com.' : '');
    const needsQuestion = !line.hasBegun() && !line.hasUnsent() && !question.value.trim();
    wrong(question, needsQuestion ? 'Say in a few words what it is about.' : '');
    if (isWrong || needsQuestion) return (isWrong ? email : question).focus();
    byId('ask').disabled = true;
    await askForHuman();
    byId('ask').disabled = false;
  });

  async function askForHuman() {
    if (!line.hasBegun()) {
      const text = question.value.trim();
      if (text) await line.say(text);
      if (!line.hasBegun()) return;
      showQuestion();
    }
    const { ok, body } = await line.ask('escalate', { userEmail: email.value.trim() });
    if (ok) {
      showState(body);
      showHuman(false);
      return content.focus();
    }
    const atField = body.errors?.[0]?.message;
    wrong(email, atField ? `${atField}.` : (body.detail ?? 'That did not work. Try again.'));
    email.focus();
  }

  byId('cancel').addEventListener('click', async (event) => {
    event.preventDefault();
    const { ok, body } = await line.ask('cancel', {});
    if (ok) showState(body);
    content.focus();
  });

  byId('renew').addEventListener('click', () => {
    if (state.state === 'Bot' || state.state === 'Resolved') return startOver();
    byId('renewal').hidden = false;
    byId('renewal-no').focus();
  });
  byId('renewal-no').addEventListener('click', () => {
    byId('renewal').hidden = true;
    byId('renew').focus();
  });
  byId('renewal-yes').addEventListener('click', async () => {
    await leave();
    startOver();
  });

  function startOver() {
    line.renew();
    content.focus();
  }

  /** Nobody should come to a conversation that the visitor has left. */
  async function leave() {
    if (state.state === 'Escalated') await line.ask('cancel', {});
  }

  byId('close').addEventListener('click', () => postUp({ hookbell: 'close' }));
  addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing) return;
    if (human.hidden) return isFramed && postUp({ hookbell: 'close' });
    showHuman(false);
    talk.focus();
  });

  // ── How things stand ──

  function showState(next) {
    state = next;
    const texts = {
      Escalated:
        'Someone was told. You will see here when a person joins; until then the bot goes on answering.',
      Active: `${next.agent?.name ?? 'A person'} is in this conversation.`,
    };
    say('standing-text', texts[next.state] ?? '');
    byId('cancel').hidden = next.state !== 'Escalated';
    talk.hidden = !next.mayEscalate;
    byId('renewal').hidden = true;
    byId('renew').hidden = !line.hasBegun();
    if (!next.mayEscalate) showHuman(false);
    showQuestion();
  }

  function showHuman(isShown) {
    const stays = isAtEnd();
    human.hidden = !isShown;
    if (stays) toEnd();
    talk.setAttribute('aria-expanded', String(isShown));
    showQuestion();
    if (isShown) email.focus();
    else wrong(email, '');
  }

  /** A conversation begins with a message; without one, the request asks for it. */
  function showQuestion() {
    const isAsked = !line.hasBegun() && !line.hasUnsent();
    byId('question-part').hidden = !isAsked;
    question.disabled = !isAsked;
  }

  function wrong(field, why) {
    const stays = isAtEnd();
    say(`${field.id}-problem`, why);
    if (stays) toEnd();
    if (why) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  }

  function say(id, text) {
    const place = byId(id);
    if (place.textContent !== text) place.textContent = text;
  }

  function isAtEnd() {
    return history.scrollHeight - history.scrollTop - history.clientHeight < 80;
  }

  function toEnd() {
    history.scrollTop = history.scrollHeight;
  }

  function element(tag, css, text = '') {
    return Object.assign(document.createElement(tag), { className: css ?? '', textContent: text });
  }

  // ── The page around it ──

  const heard = {
    hello() {},
    opened({ focus }) {
      isOpen = true;
      count(0);
      line.see(line.last());
      toEnd();
      if (focus) content.focus();
    },
    closed() {
      isOpen = false;
    },
    say({ text }) {
      if (typeof text === 'string' && text.trim()) void line.say(text.trim());
    },
    async renew() {
      if (!line.hasBegun()) return;
      await leave();
      line.renew();
    },
    identify({ userData }) {
      if (typeof userData !== 'object' || userData === null) return;
      const size = new Blob([JSON.stringify(userData)]).size;
      if (size > mostUserData) return complain(`identify: ${size} bytes of JSON, and at most 16 KB are kept`);
      prefill(userData.email);
      line.identify(userData);
    },
    theme({ theme }) {
      // As a script sets it, and not as an attribute: the policy allows that.
      document.documentElement.style.colorScheme = ['light', 'dark'].includes(theme) ? theme : '';
    },
  };

  /** What the visitor has typed stays. */
  function prefill(address) {
    if (email.value !== prefilled) return;
    prefilled = typeof address === 'string' ? address.slice(0, 254) : '';
    email.value = prefilled;
  }

  function count(next) {
    if (unread === next) return;
    unread = next;
    postUp({ hookbell: 'unread', count: unread });
  }

  function tellMessage({ number, from, content, author }) {
    const details = { conversationId: line.id(), number, from, content, author };
    postUp({ hookbell: 'message', details });
  }

  function tellState() {
    const [conversationId, agent] = [line.id(), state.agent?.name ?? null];
    const details = { conversationId, state: state.state, agent };
    const words = JSON.stringify(details);
    if (words === toldState) return;
    toldState = words;
    postUp({ hookbell: 'state', details });
  }

  function complain(message) {
    postUp({ hookbell: 'error', details: { message } });
  }
});
