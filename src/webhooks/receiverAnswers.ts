/** What Hookbell makes of a receiver's answers; the first that fits counts. For the pages and OpenAPI. */
export const receiverAnswers = [
  { status: '2XX', answer: '2xx', meaning: 'Delivered.' },
  {
    status: '410',
    answer: '410 Gone',
    meaning: 'The webhook is disabled, its page says so, and this delivery is not tried again.',
  },
  {
    status: '3XX',
    answer: '3xx',
    meaning: 'A failed attempt: a redirect is never followed. Its Location is shown.',
  },
  {
    status: '429',
    answer: '429 with Retry-After',
    meaning: 'A failed attempt; the next one waits at least as long as Retry-After says, at most 24 hours.',
  },
  {
    status: '5XX',
    answer: '5xx',
    meaning: 'A failed attempt; with Retry-After, the next one waits at least that long, at most 24 hours.',
  },
  {
    status: 'default',
    answer: 'anything else, a timeout, a network error, an address that is not allowed',
    meaning: 'A failed attempt, tried again on the schedule.',
  },
];
