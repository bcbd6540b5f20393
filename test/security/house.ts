import { randomBytes } from 'node:crypto';
import { botKey } from '../../src/knowledge/search.js';
import { caller } from '../support/caller.js';
import { password, person } from '../support/people.js';
import { startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

/** A Hookbell under attack: one of everything that has an address, two bots, and each kind of person. */
export type House = Awaited<ReturnType<typeof openHouse>>;

/** Stands in every name of the house, and nowhere where a stranger may look. */
export const mark = 'Zanzibar';

const metricsToken = randomBytes(20).toString('hex');

export async function openHouse() {
  const running = await startHookbell({ background: false, env: { METRICS_TOKEN: metricsToken } });
  // Otherwise a connection that was idle for 5 s may be closed while the next request is on its way.
  running.server.keepAliveTimeout = 0;
  const { db } = running.hookbell.deps;
  const admin = await person(running);
  /** Has the bot; sees nothing else. */
  const insider = await person(running, 'agent');
  /** Has another bot. */
  const outsider = await person(running, 'agent');
  const api = caller(running.url, admin.key);

  async function made(path: string, body: object) {
    const answer = await api.post(path, body);
    if (answer.status > 299) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  const bot: string = (
    await made('/bots', {
      name: `${mark} desk`,
      welcomeMessage: `Welcome to ${mark}`,
      instructions: `Be kind in ${mark}`,
      humanTakeover: true,
    })
  ).id;
  const otherBot: string = (await made('/bots', { name: 'Other desk', humanTakeover: true })).id;
  await running.hookbell.bots.setAgents(bot, [insider.id], admin as never, running.hookbell.deps.clock());
  await running.hookbell.bots.setAgents(
    otherBot,
    [outsider.id],
    admin as never,
    running.hookbell.deps.clock(),
  );
  const source = async (type: string, config: object) =>
    (await made(`/bots/${bot}/data-sources`, { name: `${mark} ${type}`, type, config })).id as string;
  const sources = {
    text: await source('text', { entries: [{ title: mark, text: `Open in ${mark} from nine to five.` }] }),
    files: await source('files', {}),
    json: await source('json', {
      url: 'http://127.0.0.1:9/stock',
      headers: { Authorization: 'Bearer not-for-your-eyes-1' },
    }),
  };
  const upload = await admin.agent
    .post(`/api/v1/data-sources/${sources.files}/files`)
    .set('Authorization', `Bearer ${admin.key}`)
    .attach('file', Buffer.from(`# ${mark}`), `${mark}.md`);
  const webhook = await made(`/bots/${bot}/webhooks`, {
    type: 'sync.success',
    targetUrl: `http://127.0.0.1:9/${mark}`,
    headers: { Authorization: 'Bearer not-for-your-eyes-2' },
  });
  const trigger = await made(`/bots/${bot}/webhooks`, {
    type: 'sync.trigger',
    dataSourceId: sources.text,
  });
  const channel = await made(`/bots/${bot}/channels`, { name: `${mark} app` });
  await made(`/bots/${bot}/slack`, {});
  const delivery: string = (await made(`/webhooks/${webhook.id}/test`, {})).id;
  const conversation: string = (
    await made(`/bots/${bot}/conversations`, {
      channelType: 'web',
      initialMessage: `Where is ${mark}?`,
      userData: { plan: mark },
    })
  ).id;
  const claimed: string = (await made(`/bots/${bot}/conversations`, { channelType: 'web' })).id;
  await made(`/conversations/${claimed}/claim`, {});
  await made(`/conversations/${claimed}/messages`, { content: `I know ${mark}`, from: 'agent' });
  const chat = async (id: string, word = mark) => {
    const answer = await fetch(`${running.url}/api/public/chat/${id}/conversations`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ content: `Hello ${word}`, clientId: 'one' }),
    });
    const { token, conversation } = (await answer.json()) as { token: string; conversation: { id: string } };
    return { token, id: conversation.id };
  };
  const visitors = {
    ours: await chat(bot),
    another: await chat(bot),
    elsewhere: await chat(otherBot, 'there'),
  };
  const receiver = leadsTo(await admin.submit('/app/receivers'))!
    .split('/')
    .at(-1)!;
  const receiverUrl = (await admin.get(`/app/receivers/${receiver}`)).$('#receiver-url').text();
  await fetch(receiverUrl, {
    method: 'POST',
    headers: { 'X-Said': mark },
    body: JSON.stringify({ event: mark }),
  });
  await admin.post('/app/settings/outbound', {
    rule: 'crm.internal',
    note: mark,
    _csrf: await admin.token(),
  });
  const [rule] = (await running.hookbell.outbound.list()).stored;
  await happened();
  const replay = (await api.post(`/webhooks/${webhook.id}/replay`, { since: '2026-01-01T00:00:00Z' })).headers
    .location!.split('/')
    .at(-1)!;
  const [key] = await db('api_keys').where({ user_id: admin.id });
  const [sync] = await db('syncs').where({ source_id: sources.text });

  return {
    running,
    db,
    admin,
    insider,
    outsider,
    api,
    bot,
    otherBot,
    sources,
    file: upload.body.data[0].id as string,
    webhook: webhook.id as string,
    channel: channel.id as string,
    trigger: trigger.id as string,
    delivery,
    conversation,
    claimed,
    visitors,
    receiver,
    rule: rule!.id,
    replay,
    key: key.id as string,
    sync: sync.id as string,
    /** Nobody but their owners may ever read these: not in a log, an error page or an export. */
    secrets: [
      password,
      metricsToken,
      admin.key,
      insider.key,
      outsider.key,
      'not-for-your-eyes-1',
      'not-for-your-eyes-2',
      webhook.secret,
      webhook.signingSecret,
      trigger.secret,
      channel.secret,
      receiverUrl.split('/').at(-1)!,
      ...Object.values(visitors).map(({ token }) => token),
      running.hookbell.accounts.setupToken(),
    ] as string[],
    triggerUrl: trigger.url as string,
    receiverUrl,
    async close() {
      await running.stop();
    },
  };

  /** As if it had been synced and delivered: nothing runs in the background here. */
  async function happened(): Promise<void> {
    const at = running.hookbell.deps.clock();
    const { seq } = await db('deliveries').where({ id: delivery }).first();
    await db('attempts').insert({
      delivery_seq: seq,
      attempt: 1,
      started_at: at,
      duration_ms: 3,
      url: `http://127.0.0.1:9/${mark}`,
      status: 500,
      error: `answered 500 ${mark}`,
      request_headers: JSON.stringify({
        'webhook-signature': 'v1,AAAA',
        'webhook-timestamp': '1',
        'X-Said': mark,
      }),
      response_headers: JSON.stringify({ 'x-said': mark }),
      response_body: mark,
      truncated: false,
    });
    await db('deliveries').where({ id: delivery }).update({
      status: 'failed',
      finished_at: at,
      next_attempt_at: null,
      attempts: 1,
    });
    // A test event is never replayed.
    const { event_seq } = await db('deliveries').where({ id: delivery }).first();
    await db('events').where({ seq: event_seq }).update({ test: false });
    await db('data_sources').where({ id: sources.text }).update({ visible_sync: 1, row_count: 1 });
    const [{ id: row }] = await db('rows')
      .insert({
        source_id: sources.text,
        key: mark,
        hash: 'x',
        title: mark,
        url: 'https://example.com/',
        tokens: 4,
        documents: 1,
        since_sync: 1,
        changed_at: at,
      })
      .returning('id');
    await db('documents').insert({ row_id: row, bot_key: botKey(bot), title: mark, text: `Open in ${mark}` });
  }
}
