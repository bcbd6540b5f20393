/**
 * The line between a visitor's page and the server: keeps the conversation's token, sends what was written until the
 * server has it (an id a message: sent twice, it is stored once), and reads on after every break from the message it
 * has read last. `tell(event, details)` hears `message`, `state`, `draft`, `delta` and `dropped` as the server sends
 * them, and `waiting` {clientId, content}, `settled` {clientId}, `connection` {isUp}, `refused` {text, why},
 * `ended` {text} (the server does not know the conversation any more), `renewed` and `unidentified` {why}.
 */
window.hookbellLine = ({ bot, tell }) => {
  const base = `/api/public/chat/${bot}/conversations`;
  const place = `hookbell:${bot}`;
  /** In ms; the server is heard at least every 25 s. */
  const [answerTime, silence, longestPause] = [20_000, 60_000, 15_000];
  let session = recall() ?? fresh();
  let isSending = false;
  /** What the page knows of the visitor; null: nothing. */
  let known = null;
  const sleepers = new Set();
  const wake = () => {
    for (const stop of sleepers) stop();
  };
  addEventListener('online', wake);
  document.addEventListener('visibilitychange', () => document.hidden || wake());
  addEventListener('storage', ({ key }) => key === place && adoptStored());

  return {
    begin() {
      for (const message of session.unsent) tell('waiting', message);
      void follow(session);
      return flush();
    },
    /** A conversation that the page came with. */
    adopt(id, token) {
      if (session.id !== id) session = { ...fresh(), id, token };
      save();
    },
    say(content) {
      adoptStored();
      const message = { clientId: randomText(16), content };
      session.unsent.push(message);
      save();
      tell('waiting', message);
      return flush();
    },
    /** It goes with the first message of a conversation, or at once to the one that there is. */
    identify(userData) {
      known = userData;
      if (session.id) void tellKnown();
    },
    ask,
    id: () => session.id,
    hasBegun: () => session.id !== null,
    hasUnsent: () => session.unsent.length > 0,
    seen: () => session.seen,
    last: () => session.last,
    see(number) {
      if (number <= session.seen) return;
      session.seen = number;
      save();
    },
    renew() {
      session = fresh();
      save();
      wake();
      tell('renewed');
    },
  };

  /** Changes the conversation; asks again until there is an answer. */
  async function ask(step, body) {
    const mine = session;
    for (let failures = 1; mine === session; failures += 1) {
      const answer = await post(mine, `/${mine.id}/${step}`, body);
      if (answer) return answer;
      await pause(failures);
    }
    return { ok: false, status: 0, body: {} };
  }

  async function flush() {
    if (isSending) return;
    isSending = true;
    let failures = 0;
    while (session.unsent.length > 0) {
      const mine = session;
      const [{ clientId, content }] = mine.unsent;
      const userData = mine.id ? null : known;
      const body = { clientId, content, ...(userData && { userData }) };
      const answer = await post(mine, mine.id ? `/${mine.id}/messages` : '', body);
      if (mine !== session) continue;
      if (!answer) {
        failures += 1;
        tell('connection', { isUp: false });
        await pause(failures);
        continue;
      }
      failures = 0;
      tell('connection', { isUp: true });
      // 200: the server had it, from an answer that was lost, and took nothing else.
      if (answer.ok) delivered(mine, clientId, answer.body, answer.status === 201 ? userData : null);
      else refused(mine, answer);
    }
    isSending = false;
  }

  function delivered(mine, clientId, { conversation }, userData) {
    mine.unsent = mine.unsent.filter((message) => message.clientId !== clientId);
    if (mine.id === null) {
      mine.id = conversation.id;
      tell('state', conversation);
      void follow(mine);
      if (known !== userData) void tellKnown();
    }
    save();
  }

  async function tellKnown() {
    const { ok, status, body } = await ask('identify', { userData: known });
    if (!ok && status) tell('unidentified', { why: body.errors?.[0]?.message ?? body.detail ?? status });
  }

  function refused(mine, { status, body }) {
    // Another page of this browser took the token for another conversation.
    if (status === 409 && mine.id === null) mine.token = randomText(32);
    else if (isGone(status) && mine.id !== null) end(mine);
    else {
      const why = body.errors?.[0]?.message ?? body.detail ?? `The server answered ${status}.`;
      tell('refused', { text: takeBack(mine), why, status });
    }
  }

  function takeBack(mine) {
    const taken = mine.unsent.splice(0);
    save();
    for (const { clientId } of taken) tell('settled', { clientId });
    return taken.map(({ content }) => content).join('\n');
  }

  function end(mine) {
    const text = takeBack(mine);
    session = fresh();
    save();
    tell('ended', { text });
  }

  /** Null when there was no answer, or one that another attempt may better. */
  async function post({ token }, path, body) {
    try {
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const signal = AbortSignal.timeout(answerTime);
      const options = { method: 'POST', headers, body: JSON.stringify(body), signal };
      const answer = await fetch(base + path, options);
      if (answer.status >= 500) return null;
      const isJson = /json/.test(answer.headers.get('Content-Type'));
      return { ok: answer.ok, status: answer.status, body: isJson ? await answer.json() : {} };
    } catch {
      return null;
    }
  }

  async function follow(mine) {
    let failures = 0;
    mine.last = 0;
    while (mine === session && mine.id) {
      const leaving = new AbortController();
      try {
        const headers = { Authorization: `Bearer ${mine.token}`, 'Last-Event-ID': String(mine.last) };
        const options = { headers, signal: leaving.signal, cache: 'no-store' };
        const answer = await fetch(`${base}/${mine.id}/stream`, options);
        if (mine !== session) return leaving.abort();
        if (isGone(answer.status)) return end(mine);
        if (answer.ok) {
          failures = 0;
          tell('connection', { isUp: true });
          tell('dropped', { replyTo: null });
          await read(answer.body.getReader(), mine, leaving);
        }
      } catch {}
      leaving.abort();
      if (mine !== session) return;
      failures += 1;
      if (failures > 1) tell('connection', { isUp: false });
      await pause(failures);
    }
  }

  /** Server-sent events (HTML Standard, 9.2), as this server writes them, until they end or fall silent. */
  async function read(reader, mine, leaving) {
    const decoder = new TextDecoder();
    let rest = '';
    for (;;) {
      const timer = setTimeout(() => leaving.abort(), silence);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done || mine !== session) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop();
      for (const block of blocks) {
        const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        if (field('event')) hear(mine, field('event'), JSON.parse(field('data')));
      }
    }
  }

  function hear(mine, event, details) {
    if (event === 'message') {
      if (details.number <= mine.last) return;
      mine.last = details.number;
      if (details.clientId) {
        mine.unsent = mine.unsent.filter(({ clientId }) => clientId !== details.clientId);
        save();
        tell('settled', { clientId: details.clientId });
      }
    }
    tell(event, details);
  }

  /** Another page of this browser may have begun, or left, a conversation. */
  function adoptStored() {
    const stored = recall();
    if (!stored?.id || stored.id === session.id || session.unsent.length > 0) return;
    session = stored;
    tell('renewed');
    void follow(session);
    if (known) void tellKnown();
  }

  function fresh() {
    return { token: randomText(32), id: null, unsent: [], seen: 0, last: 0 };
  }

  // The browser may keep nothing for a framed page: then it lasts as long as the page.
  function recall() {
    try {
      const { token, id, unsent, seen } = JSON.parse(localStorage.getItem(place));
      return /^[\w-]{43}$/.test(token) && Array.isArray(unsent) ? { token, id, unsent, seen, last: 0 } : null;
    } catch {
      return null;
    }
  }

  function save() {
    const { token, id, unsent, seen } = session;
    try {
      localStorage.setItem(place, JSON.stringify({ token, id, unsent, seen }));
    } catch {}
  }

  function pause(failures) {
    const most = Math.min(longestPause, 250 * 2 ** failures);
    return new Promise((resolve) => {
      const stop = () => {
        clearTimeout(timer);
        sleepers.delete(stop);
        resolve();
      };
      const timer = setTimeout(stop, most * (0.5 + Math.random() / 2));
      sleepers.add(stop);
    });
  }

  function isGone(status) {
    return status === 401 || status === 404;
  }

  function randomText(bytes) {
    const random = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes)));
    return btoa(random).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }
};
