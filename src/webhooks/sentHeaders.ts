/** The headers of every delivery that are ours. The pages and OpenAPI are made from this one list. */
export const sentHeaders = [
  {
    name: 'Content-Type',
    value: 'application/json; charset=utf-8',
    meaning: 'The body is JSON in UTF-8.',
  },
  {
    name: 'X-Secret-Key',
    value: '14e6c7131ce0465cb46ec109e7de0719',
    meaning: 'The secret of the webhook. Compare it in constant time.',
  },
  {
    name: 'webhook-id',
    value: 'msg_0197a3c25d1e7c409f2b6a1d3e5f7081',
    meaning:
      'The same over every retry and redelivery of one event: the idempotency key. Whoever has seen it can skip the repeat.',
  },
  {
    name: 'webhook-timestamp',
    value: '1795339872',
    meaning: 'Unix seconds of this attempt. Refuse what is older than five minutes.',
  },
  {
    name: 'webhook-signature',
    value: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
    meaning:
      'Standard Webhooks 1.0: `v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several with spaces between them while a signing secret is being rotated: one that is right is enough.',
  },
  { name: 'X-Hookbell-Event', value: 'conversation.claimed', meaning: 'The type of the event.' },
  { name: 'X-Hookbell-Attempt', value: '1', meaning: '1, 2, …: how often this delivery was tried.' },
  { name: 'User-Agent', value: 'Hookbell/0.1.0', meaning: 'The version that sent it.' },
];
