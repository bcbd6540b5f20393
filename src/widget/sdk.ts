/** What the Widget tab says of `window.hookbell`; `public/widget.d.ts` says the same to compilers. */
export const calls = [
  { code: 'hookbell.open()', meaning: 'opens the chat' },
  { code: 'hookbell.close()', meaning: 'closes it; its button stays' },
  { code: 'hookbell.toggle()', meaning: 'opens or closes it' },
  {
    code: 'hookbell.hide()',
    meaning: 'takes chat and button off the page, until show(), open() or toggle()',
  },
  {
    code: "hookbell.sendMessage('Hello')",
    meaning: 'says this as the visitor; the chat does not open by it',
  },
  {
    code: 'hookbell.newConversation()',
    meaning: 'leaves the conversation; the next message begins another one',
  },
  {
    code: "hookbell.identify({ name: 'Ann', email: 'ann@example.com', plan: 'Pro' })",
    meaning:
      'says who the visitor is: it stands in the conversation’s userData, for your agents and in the event of an escalation, and fills in the e-mail address of “Talk to a human”. Nobody checks it; at most 16 KB',
  },
  { code: "hookbell.setTheme('dark')", meaning: 'light, dark, or auto: as the visitor’s system is' },
  {
    code: "const off = hookbell.on('message', ({ from, content }) => …)",
    meaning: 'calls you at an event; off() ends that',
  },
];

export const events = [
  { name: 'ready', details: '{}', meaning: 'the chat is there; those who listen later are called, too' },
  { name: 'open', details: '{}', meaning: 'it was opened' },
  { name: 'close', details: '{}', meaning: 'it was closed' },
  {
    name: 'message',
    details: '{conversationId, number, from, content, author}',
    meaning:
      'something was said, by visitor, bot, agent or system; not again what was said on an earlier page',
  },
  { name: 'unread', details: '{count}', meaning: 'how many messages the visitor has not seen' },
  {
    name: 'state',
    details: '{conversationId, state, agent}',
    meaning: 'the conversation began, changed hands, or was left (conversationId is null then)',
  },
  { name: 'error', details: '{message}', meaning: 'the chat did not start, or something was refused' },
];

/** Before the script has loaded: keeps what is called until then. */
export const stub = `<script>
  window.hookbell ??= { q: [] };
  for (const name of ['open', 'close', 'toggle', 'show', 'hide', 'sendMessage',
    'newConversation', 'identify', 'setTheme', 'on'])
    hookbell[name] ??= (...args) => {
      const call = { name, args };
      hookbell.q.push(call);
      return () => (call.undo ? call.undo() : (call.name = ''));
    };
</script>`;
