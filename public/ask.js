// What a language model answers is shown while it is written. Without this file, it comes with the whole page.
document.addEventListener(
  'submit',
  (event) => {
    const form = event.target;
    if (!form.matches('[data-ask]') || form.dataset.ask === 'plain') return;
    event.preventDefault();
    // Nor is it for htmx.
    event.stopPropagation();
    void ask(form);
  },
  { capture: true },
);

async function ask(form) {
  const waiting = document.querySelector('#asking');
  const draft = waiting.querySelector('[data-draft]');
  draft.textContent = '';
  waiting.classList.add('htmx-request');
  form.querySelector('button').disabled = true;
  const html = await answerTo(form, draft).catch(() => null);
  if (!form.isConnected) return;
  if (html === null) {
    // A refusal, or no stream: the page that tells it comes by the usual way.
    form.dataset.ask = 'plain';
    form.requestSubmit();
    return;
  }
  form.closest('section').outerHTML = html;
  window.htmx?.process(document.querySelector('#ask'));
  document.querySelector('#answer-title').focus();
}

/** The part of the page with the answer; null where none came. */
async function answerTo(form, draft) {
  const response = await fetch(form.action, {
    method: 'POST',
    headers: { Accept: 'text/event-stream' },
    body: new URLSearchParams(new FormData(form)),
  });
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) return null;
  for await (const [event, details] of eventsOf(response.body)) {
    if (!form.isConnected) return null;
    if (event === 'answer') return details.html;
    if (event === 'delta') draft.append(details.text);
    if (event === 'restart') draft.textContent = '';
  }
  return null;
}

/** Server-sent events by their names; leaving the loop hangs up. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (text + value).split('\n\n');
      text = parts.pop();
      for (const part of parts) {
        const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(part) ?? [];
        if (event) yield [event, JSON.parse(data)];
      }
    }
  } finally {
    void reader.cancel();
  }
}
