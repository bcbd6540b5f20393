import { type Caller, caller } from '../support/caller.js';
import { eventually } from '../support/eventually.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import type { Running } from '../support/server.js';
import type { Site } from '../support/staticSite.js';
import { leadsTo } from '../support/visitor.js';
import { spareParts, startShop } from './shop.js';

export type House = {
  admin: Person;
  agent: Person;
  /** The id of an outbound rule. */
  rule: string;
  api: Caller;
  site: Site;
  receiver: Receiver;
  /** Ids by the names that the addresses of pages have for them. */
  bot: string;
  emptyBot: string;
  sources: Record<'website' | 'feed' | 'csv' | 'json' | 'files' | 'text' | 'broken', string>;
  /** One that succeeded, and one that failed. */
  syncs: string[];
  webhooks: Record<'trigger' | 'healthy' | 'failing' | 'paused' | 'disabled', string>;
  deliveries: Record<'delivered' | 'pending', string>;
  conversations: string[];
  /** An API channel. */
  channel: string;
  /** Test receivers. */
  receivers: Record<'used' | 'empty', string>;
  close: () => Promise<void>;
};

/**
 * A shop that uses Hookbell: each type of data source, webhooks in every health, deliveries that went well and ill.
 * `named` makes other names of its names.
 */
export async function furnish(running: Running, named = (name: string) => name): Promise<House> {
  const [site, receiver] = [await startShop(named), await startReceiver()];
  const close = async () => {
    await Promise.all([site.close(), receiver.close()]);
  };
  try {
    return { ...(await furniture(running, site, receiver, named)), site, receiver, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type Furniture = Omit<House, 'site' | 'receiver' | 'close'>;

async function furniture(
  running: Running,
  site: Site,
  receiver: Receiver,
  named: (name: string) => string,
): Promise<Furniture> {
  const admin = await person(running);
  const agent = await person(running, 'agent');
  const api = caller(running.url, admin.key);
  receiver.answer((req, res) => {
    if (req.url?.startsWith('/crm'))
      return res.writeHead(200, { 'Content-Type': 'application/json' }).end('{"ok":true}');
    if (req.url === '/gone') return res.writeHead(410).end();
    res.writeHead(500, { 'Content-Type': 'text/plain' }).end('The database of the CRM is not reachable.');
  });

  const made = async (path: string, body: object): Promise<string> => {
    const answer = await api.post(path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body.id;
  };
  const bot = await made('/bots', {
    name: named('Help desk'),
    humanTakeover: true,
    instructions: 'Be brief and kind.',
  });
  const talk = (channelType: string, initialMessage: string) =>
    made(`/bots/${bot}/conversations`, { channelType, initialMessage, userData: { plan: 'Pro' } });
  const conversations = [
    await talk('web', 'Where is my parcel?'),
    await talk('web', 'Do you sell rakes?'),
    await talk('slack', 'Are you open on Sundays?'),
  ];
  await api.post(`/conversations/${conversations[0]}/escalate`, { userEmail: 'ann@example.com' });
  await api.post(`/conversations/${conversations[1]}/claim`);
  const emptyBot = await made('/bots', { name: named('Shop assistant') });
  const hook = (type: string, more: object) => made(`/bots/${bot}/webhooks`, { type, ...more });
  const source = (name: string, type: string, config: object, schedule: string | null = null) =>
    made(`/bots/${bot}/data-sources`, { name: named(name), type, config, schedule });

  const disabled = await hook('sync.success', { targetUrl: `${receiver.url}/gone` });
  const sources = {
    text: await source('Opening hours', 'text', {
      entries: [
        { title: named('When are you open?'), text: 'Monday to Friday, 9 to 17 o’clock.' },
        { title: 'Do you repair?', text: 'Yes, everything that we sell, in our own workshop.' },
      ],
    }),
    feed: await source('Shop news', 'feed', { url: `${site.origin}/news.xml` }, 'hourly'),
    files: await source('Manuals', 'files', {}),
    csv: await source('Spare parts', 'csv', { keyColumn: 'sku' }),
    json: await source('Stock', 'json', {
      url: `${site.origin}/stock.json`,
      headers: { Authorization: 'Bearer not-for-your-eyes' },
    }),
    broken: await source('Partner catalogue', 'feed', { url: `${site.origin}/partners.xml` }, '30 6 * * 1-5'),
    website: await source('Help centre', 'website', { url: `${site.origin}/` }, 'daily'),
  };
  for (const [id, name, text] of [
    [sources.csv, `${named('spare-parts')}.csv`, spareParts],
    [sources.files, 'pruner-22.md', '# Pruner 22\n\nCuts branches of up to 22 mm.\n'],
  ] as const) {
    await admin.agent
      .post(`/api/v1/data-sources/${id}/files`)
      .set('Authorization', `Bearer ${admin.key}`)
      .attach('file', Buffer.from(text), name)
      .expect(201);
  }
  for (const id of Object.values(sources)) {
    await eventually('the data source was read', async () =>
      ['synced', 'failed'].includes((await api.get(`/data-sources/${id}`)).body.status),
    );
  }

  const webhooks = {
    disabled,
    trigger: await hook('sync.trigger', { dataSourceId: sources.website }),
    healthy: await hook('sync.success', {
      targetUrl: `${receiver.url}/crm${encodeURIComponent(named(''))}`,
    }),
    failing: await hook('sync.failure', {
      targetUrl: `${receiver.url}/tickets`,
      dataSourceId: sources.broken,
    }),
    paused: await hook('conversation.started', { targetUrl: `${receiver.url}/crm` }),
  };
  await api.post(`/webhooks/${webhooks.paused}/pause`);
  await api.post(`/webhooks/${webhooks.paused}/test`);
  for (const id of [sources.text, sources.csv, sources.website, sources.broken]) {
    await api.post(`/data-sources/${id}/sync`);
  }
  const deliveriesOf = async (id: string) => (await api.get(`/webhooks/${id}/deliveries`)).body.data;
  const deliveries = {
    delivered: await eventually('three deliveries arrived', async () => {
      const all: { id: string; status: string }[] = await deliveriesOf(webhooks.healthy);
      return all.length === 3 && all.every(({ status }) => status === 'delivered') && all[0]!.id;
    }),
    pending: await eventually('a delivery failed once', async () => {
      const [first] = await deliveriesOf(webhooks.failing);
      return first?.attempts === 1 && first.id;
    }),
  };
  const latestSyncOf = async (id: string) => (await api.get(`/data-sources/${id}/syncs`)).body.data[0].id;
  const syncs = [await latestSyncOf(sources.files), await latestSyncOf(sources.broken)];
  await admin.post('/app/settings/outbound', {
    rule: 'crm.internal',
    note: named('CRM').slice(0, 200),
    _csrf: await admin.token(),
  });
  const [rule] = (await running.hookbell.outbound.list()).stored;
  const receivers = { used: await testReceiver(admin), empty: await testReceiver(admin) };
  const used = (await admin.get(`/app/receivers/${receivers.used}`)).$('#receiver-url').text();
  const body = JSON.stringify({ event: named('conversation.started') });
  await fetch(used, { method: 'POST', headers: { 'X-Secret-Key': 'guessed' }, body });
  return {
    admin,
    agent,
    api,
    bot,
    emptyBot,
    sources,
    syncs,
    webhooks,
    deliveries,
    conversations,
    rule: rule!.id,
    receivers,
    channel: await made(`/bots/${bot}/channels`, { name: named('Mobile app') }),
  };
}

/** Its id. */
async function testReceiver(maker: Person): Promise<string> {
  return leadsTo(await maker.submit('/app/receivers'))!
    .split('/')
    .at(-1)!;
}
