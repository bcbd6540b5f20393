import { kinds } from '../../src/sources/kinds.js';
import { webhookTypes } from '../../src/webhooks/catalogue.js';
import { shownPages } from '../support/pageRoutes.js';
import type { Running } from '../support/server.js';
import type { House } from './furnished.js';

/** Every page that a user can look at, in each of its states: from the router's own table, so that none is forgotten. */
export function everyPage({ server }: Running, house: House): string[] {
  const {
    bot,
    emptyBot,
    sources,
    syncs,
    webhooks,
    deliveries,
    conversations,
    agent,
    rule,
    receivers,
    channel,
  } = house;
  const { website, csv, broken, text, json } = sources;
  // By route, or else by the place that it begins with.
  const ids: Record<string, string[]> = {
    '/app/bots': [bot],
    '/app/bots/:id': [bot, emptyBot],
    '/app/bots/:id/channels': [bot, emptyBot],
    '/app/bots/:id/conversations': [bot, emptyBot],
    '/app/bots/:id/data-sources': [bot, emptyBot],
    '/app/data-sources': [website],
    '/app/data-sources/:id': [website, csv, broken],
    '/app/data-sources/:id/edit': [text, json],
    '/app/syncs': syncs,
    '/app/webhooks': [webhooks.healthy],
    '/app/webhooks/:id': Object.values(webhooks),
    '/app/webhooks/:id/secrets': [],
    '/app/deliveries': Object.values(deliveries),
    '/app/deliveries/:id/secrets': [],
    '/app/conversations': conversations,
    '/app/receivers': Object.values(receivers),
    '/app/receivers/:id/requests/:request': [],
    '/app/channels': [channel],
    '/app/channels/:id/secret': [],
    '/app/settings/users': [agent.id],
    '/app/settings/outbound': [rule],
  };
  const pages = shownPages(server).flatMap((route) => {
    const [place = '', rest] = route.split(/\/:\w+/);
    if (rest === undefined) return [route];
    const known = ids[route] ?? ids[place];
    if (!known) throw new Error(`Say in test/browser/pages.ts which ids ${route} shows`);
    return known.map((id) => `${place}/${id}${rest}`);
  });
  return [
    ...pages.filter((page) => !page.endsWith('/webhooks/new')),
    ...webhookTypes.slice(0, 4).map((type) => `/app/bots/${bot}/webhooks/new?type=${type}`),
    `/app/bots/${emptyBot}/webhooks/new?type=sync.trigger`,
    ...kinds.map(({ type }) => `/app/bots/${bot}/data-sources/new?type=${type}`),
    `/app/webhooks/${webhooks.healthy}?status=failed`,
    `/app/receivers/${receivers.used}/requests/1`,
    '/app/no-such-page',
  ];
}
