/**
 * Who may call what, said once more and by hand: a route that is not here fails the test. Each line is a word and the
 * routes it is true for.
 *
 * - anyone: shows and changes nothing that belongs to somebody
 * - visitor: whoever has the token of this conversation
 * - user: everybody who is signed in, and each sees only what is theirs
 * - bot: those whom the bot was given to, and admins
 * - own: its maker, and admins
 * - admin: admins
 */
export type Access = 'anyone' | 'visitor' | 'user' | 'bot' | 'own' | 'admin';

const said: Record<Access, string> = {
  anyone: `
    GET /healthz
    GET /readyz
    GET /metrics
    GET /api/v1/openapi.json
    GET /assets/icons.svg
    GET /assets/vendor/:file
    GET /widget.js
    GET /widget.d.ts
    GET /chat/:botId
    POST /chat/:botId
    GET /
    GET /setup
    POST /setup
    GET /login
    POST /login
    POST /logout
    POST /api/public/chat/:botId/conversations`,
  visitor: `
    GET /api/public/chat/:botId/conversations/:id
    GET /api/public/chat/:botId/conversations/:id/messages
    POST /api/public/chat/:botId/conversations/:id/messages
    POST /api/public/chat/:botId/conversations/:id/escalate
    POST /api/public/chat/:botId/conversations/:id/cancel
    POST /api/public/chat/:botId/conversations/:id/identify
    GET /api/public/chat/:botId/conversations/:id/stream`,
  user: `
    GET /api/v1/bots
    GET /api/v1/event-types
    GET /api/v1/events
    GET /app/
    GET /app/bots
    GET /app/bots/:id/ask
    GET /app/search
    GET /app/event-types
    GET /app/inbox
    GET /app/inbox/live
    GET /app/figures.json
    GET /app/figures/live
    GET /app/receivers
    POST /app/receivers
    GET /app/webhooks/:id/secrets
    GET /app/deliveries/:id/secrets
    GET /app/settings
    GET /app/settings/password
    POST /app/settings/password
    GET /app/settings/api-keys
    POST /app/settings/api-keys`,
  own: `
    POST /app/settings/api-keys/:id/revoke
    GET /app/receivers/:id
    GET /app/receivers/:id/live
    GET /app/receivers/:id/requests/:request
    POST /app/receivers/:id/name
    POST /app/receivers/:id/answer
    POST /app/receivers/:id/clear
    GET /app/receivers/:id/delete
    POST /app/receivers/:id/delete`,
  bot: `
    GET /api/v1/bots/:id
    GET /api/v1/bots/:id/data-sources
    GET /api/v1/data-sources/:id
    GET /api/v1/data-sources/:id/files
    GET /api/v1/data-sources/:id/syncs
    GET /api/v1/data-sources/:id/rows
    GET /api/v1/syncs/:id
    GET /api/v1/syncs/:id/rows
    GET /api/v1/bots/:id/search
    GET /api/v1/bots/:id/conversations
    POST /api/v1/bots/:id/conversations
    GET /api/v1/conversations/:id
    POST /api/v1/conversations/:id/messages
    POST /api/v1/conversations/:id/escalate
    POST /api/v1/conversations/:id/claim
    POST /api/v1/conversations/:id/release
    GET /api/v1/bots/:id/channels
    GET /api/v1/channels/:id
    GET /api/v1/bots/:id/webhooks
    GET /api/v1/webhooks/:id
    GET /api/v1/webhooks/:id/deliveries
    GET /api/v1/webhooks/:id/figures
    GET /api/v1/webhooks/:id/replay-preview
    GET /api/v1/webhooks/:id/replays
    GET /api/v1/deliveries/:id
    GET /api/v1/replays/:id
    GET /app/bots/:id
    POST /app/bots/:id/ask
    GET /app/bots/:id/live
    GET /app/bots/:id/data-sources
    GET /app/bots/:id/webhooks
    GET /app/bots/:id/events
    GET /app/bots/:id/channels
    GET /app/bots/:id/widget
    GET /app/bots/:id/widget/preview
    GET /app/bots/:id/conversations
    GET /app/bots/:id/conversations.csv
    GET /app/bots/:id/conversations.json
    GET /app/data-sources/:id
    GET /app/data-sources/:id/syncs
    GET /app/syncs/:id
    GET /app/webhooks/:id
    GET /app/webhooks/:id/live
    GET /app/webhooks/:id/figures.json
    GET /app/webhooks/:id/receiver
    GET /app/deliveries/:id
    GET /app/conversations/:id
    GET /app/conversations/:id/live
    POST /app/conversations/:id/messages
    POST /app/conversations/:id/claim
    POST /app/conversations/:id/release
    POST /app/conversations/:id/dismiss
    POST /app/conversations/:id/transfer`,
  admin: `
    POST /api/v1/bots
    PATCH /api/v1/bots/:id
    DELETE /api/v1/bots/:id
    POST /api/v1/bots/:id/data-sources
    POST /api/v1/bots/:id/data-sources/preview
    POST /api/v1/bots/:id/sync
    PATCH /api/v1/data-sources/:id
    DELETE /api/v1/data-sources/:id
    POST /api/v1/data-sources/:id/files
    DELETE /api/v1/data-sources/:id/files/:fileId
    POST /api/v1/data-sources/:id/sync
    POST /api/v1/bots/:id/channels
    PATCH /api/v1/channels/:id
    DELETE /api/v1/channels/:id
    GET /api/v1/channels/:id/secret
    POST /api/v1/channels/:id/rotate-secret
    GET /api/v1/bots/:id/slack
    POST /api/v1/bots/:id/slack
    PATCH /api/v1/bots/:id/slack
    DELETE /api/v1/bots/:id/slack
    POST /api/v1/bots/:id/webhooks
    PATCH /api/v1/webhooks/:id
    DELETE /api/v1/webhooks/:id
    POST /api/v1/webhooks/:id/pause
    POST /api/v1/webhooks/:id/resume
    POST /api/v1/webhooks/:id/try
    GET /api/v1/webhooks/:id/secret
    POST /api/v1/webhooks/:id/rotate-secret
    POST /api/v1/webhooks/:id/rotate-signing-secret
    POST /api/v1/webhooks/:id/test
    POST /api/v1/webhooks/:id/replay
    POST /api/v1/replays/:id/cancel
    POST /api/v1/deliveries/:id/redeliver
    GET /app/live
    POST /app/first-steps/dismiss
    GET /app/sample
    POST /app/sample
    GET /app/settings/audit
    GET /app/settings/users
    GET /app/settings/users/new
    POST /app/settings/users
    GET /app/settings/users/:id
    POST /app/settings/users/:id/role
    POST /app/settings/users/:id/password
    GET /app/settings/users/:id/remove
    POST /app/settings/users/:id/remove
    GET /app/settings/outbound
    POST /app/settings/outbound
    GET /app/settings/outbound/:id/remove
    POST /app/settings/outbound/:id/remove
    GET /app/settings/storage
    GET /app/settings/configuration
    POST /app/settings/configuration/export
    POST /app/settings/configuration/difference
    POST /app/settings/configuration/import
    GET /app/bots/new
    POST /app/bots
    GET /app/bots/:id/settings
    POST /app/bots/:id/settings
    POST /app/bots/:id/agents
    GET /app/bots/:id/delete
    POST /app/bots/:id/delete
    GET /app/bots/:id/data-sources/new
    POST /app/bots/:id/data-sources
    POST /app/bots/:id/data-sources/preview
    POST /app/bots/:id/data-sources/sync
    POST /app/data-sources/:id/preview
    POST /app/data-sources/:id/sync
    GET /app/data-sources/:id/edit
    POST /app/data-sources/:id/edit
    POST /app/data-sources/:id/files
    POST /app/data-sources/:id/files/:fileId/delete
    GET /app/data-sources/:id/delete
    POST /app/data-sources/:id/delete
    POST /app/receivers/as-target
    GET /app/bots/:id/slack
    POST /app/bots/:id/slack
    POST /app/bots/:id/slack/connect
    GET /app/bots/:id/slack/delete
    POST /app/bots/:id/slack/delete
    GET /app/bots/:id/channels/new
    POST /app/bots/:id/channels
    GET /app/channels/:id
    POST /app/channels/:id
    GET /app/channels/:id/secret
    POST /app/channels/:id/secret
    GET /app/channels/:id/rotate-secret
    POST /app/channels/:id/rotate-secret
    GET /app/channels/:id/delete
    POST /app/channels/:id/delete
    GET /app/bots/:id/webhooks/new
    POST /app/bots/:id/webhooks
    GET /app/webhooks/:id/edit
    POST /app/webhooks/:id/edit
    GET /app/webhooks/:id/delete
    POST /app/webhooks/:id/delete
    POST /app/webhooks/:id/pause
    POST /app/webhooks/:id/resume
    POST /app/webhooks/:id/try
    POST /app/webhooks/:id/test
    POST /app/webhooks/:id/secrets
    GET /app/webhooks/:id/rotate-secret
    POST /app/webhooks/:id/rotate-secret
    GET /app/webhooks/:id/rotate-signing-secret
    POST /app/webhooks/:id/rotate-signing-secret
    GET /app/webhooks/:id/replay
    POST /app/webhooks/:id/replay
    GET /app/bots/:id/replay
    POST /app/bots/:id/replay
    POST /app/replays/:id/cancel
    POST /app/deliveries/:id/secrets
    POST /app/deliveries/:id/redeliver`,
};

/** What takes any method: those that secrets open, and what stands before or behind routes. */
export const mounts = [
  'ANY /api/public/channels',
  'POST /api/public/channels/:id/1.0/conversation',
  'POST /api/public/channels/:id/1.0/message',
  '_ALL /api/public/channels/:id/1.0/conversation',
  '_ALL /api/public/channels/:id/1.0/message',
  'ANY /api/public/chat',
  'ANY /api/public/chat/:botId',
  'ANY /api/public/hooks',
  'ANY /api/public/slack',
  'POST /api/public/slack/:id',
  '_ALL /api/public/slack/:id',
  'ANY /api/v1',
  'ANY /app',
  'ANY /assets',
  'ANY /chat/:botId',
  'ANY /inbox',
  'ANY /login',
  'ANY /setup',
];

export type Stated = { access: Access; method: string; path: string };

export const stated: Stated[] = Object.entries(said).flatMap(([access, lines]) =>
  lines
    .trim()
    .split('\n')
    .map((line) => {
      const [method = '', path = ''] = line.trim().split(' ');
      return { access: access as Access, method, path };
    }),
);
