import type { House } from './house.js';
import type { Stated } from './routes.js';

/** Without these, the answer is about what is missing. */
const queries: Record<string, string> = {
  'GET /api/v1/bots/:id/search': '?q=x',
  'GET /api/v1/webhooks/:id/replay-preview': '?since=2026-01-01T00:00:00Z',
  'GET /app/bots/:id/webhooks/new': '?type=sync.success',
  'GET /app/bots/:id/data-sources/new': '?type=text',
};

const idsOf = (house: House): Record<string, string> => ({
  bots: house.bot,
  'data-sources': house.sources.files,
  webhooks: house.webhook,
  channels: house.channel,
  deliveries: house.delivery,
  conversations: house.conversation,
  syncs: house.sync,
  replays: house.replay,
  receivers: house.receiver,
  users: house.admin.id,
  outbound: house.rule,
  'api-keys': house.key,
  files: house.file,
  requests: '1',
  chat: house.bot,
  vendor: 'nothing.js',
});

/** The address of a route, with what there is in the house for its parameters. */
export function realAddress(house: House, { method, path }: Pick<Stated, 'method' | 'path'>): string {
  const known = idsOf(house);
  const address = path.replace(/([\w-]+)\/:\w+/g, (_whole, place: string) => {
    if (!known[place]) throw new Error(`Say in test/security/addresses.ts which ${place} there is`);
    return `${place}/${known[place]}`;
  });
  return address + (queries[`${method} ${path}`] ?? '');
}
