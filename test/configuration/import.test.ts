import { expect } from 'chai';
import type { Opened } from '../../src/configuration/take.js';
import type { Refusal } from '../../src/errors.js';
import type { Hookbell } from '../../src/hookbell.js';
import { newWebhook } from '../../src/webhooks/schema.js';
import { admin } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';
import { type Furnished, furnish, inSlack } from './house.js';

const passphrase = 'correct horse battery';
// biome-ignore lint/suspicious/noExplicitAny: what a test changes in a file
type File = { bots: any[] };

describe('a configuration file', () => {
  let running: Running;
  let other: Running;
  let house: Furnished;
  let open: File;
  let sealed: string;
  before(async () => {
    running = await startHookbell({ background: false });
    other = await startHookbell({ background: false });
    house = await furnish(running);
    open = JSON.parse(await exportFrom(running));
    sealed = await exportFrom(running, passphrase);
  });
  after(async () => {
    await running.stop();
    await other.stop();
  });

  const now = () => Date.now();
  const exportFrom = ({ hookbell }: Running, words: string | null = null) =>
    hookbell.configuration.export(words, admin, now());
  const changed = (change: (file: File) => void): string => {
    const file = structuredClone(open);
    change(file);
    return JSON.stringify(file);
  };

  async function look({ hookbell }: Running, text: string, words: string | null = null) {
    const opened = words
      ? await openedOnce(hookbell, text, words)
      : await hookbell.configuration.open(text, null);
    return { opened, ...(await hookbell.configuration.look(opened, admin, now())) };
  }

  // Its price is half a second, each time.
  const openings = new Map<string, Promise<Opened>>();
  function openedOnce({ configuration }: Hookbell, text: string, words: string): Promise<Opened> {
    const opening = openings.get(text) ?? configuration.open(text, words);
    openings.set(text, opening);
    return opening;
  }

  async function take(where: Running, text: string, words: string | null = null): Promise<string[]> {
    const { opened, digest } = await look(where, text, words);
    const steps = await where.hookbell.configuration.import(opened, digest, admin, now());
    return steps
      .filter(({ outcome }) => outcome !== 'unchanged')
      .map(({ outcome, name }) => `${outcome} ${name}`);
  }

  async function refusals(
    where: Running,
    text: string,
    words: string | null = null,
  ): Promise<[string, string][]> {
    const error: Refusal = await look(where, text, words).then(
      () => expect.fail('it was taken'),
      (thrown) => thrown,
    );
    return error.errors.map(({ path, message }): [string, string] => [path, message]);
  }

  /** Every row there is, but for the logs. */
  async function everything({ hookbell: { deps } }: Running): Promise<string> {
    const tables = [
      'bots',
      'data_sources',
      'webhooks',
      'api_channels',
      'slack_channels',
      'syncs',
      'audit_log',
    ];
    return JSON.stringify(await Promise.all(tables.map((table) => deps.db(table).orderBy('id'))));
  }

  it('changes nothing where it comes from, not even the audit log', async () => {
    const before = await everything(running);

    expect(await take(running, JSON.stringify(open))).to.deep.equal([]);
    expect(await take(running, sealed, passphrase)).to.deep.equal([]);

    expect(await everything(running)).to.equal(before);
    expect(JSON.parse(await exportFrom(running))).to.deep.equal(open);
  });

  it('makes all of it elsewhere, ids, URLs and secrets included, and nothing the second time', async () => {
    const made = await take(other, sealed, passphrase);

    expect(made).to.have.members([
      'created Help desk',
      'created Notes',
      'created Orders',
      'created Wiki',
      'created sync.trigger',
      'created sync.success to http://127.0.0.1:9/hook',
      'created conversation.started to http://127.0.0.1:9/started',
      'created Old site',
      'created Slack',
    ]);
    const { webhooks, sources, syncs } = other.hookbell;
    expect(JSON.parse(await exportFrom(other))).to.deep.equal(open);
    const [theirs, ours] = await Promise.all(
      [other, running].map(async ({ hookbell }) => {
        const hooks = await hookbell.webhooks.listOf(house.botId, { limit: 10, after: null });
        const shown = await Promise.all(hooks.map(({ id }) => hookbell.webhooks.reveal(id, admin, now())));
        return shown.map(({ url, ...secrets }) => ({ ...secrets, path: url && new URL(url).pathname }));
      }),
    );
    expect(theirs).to.have.deep.members(ours!);
    expect((await sources.toRead(house.sources.wiki))!.config.token).to.equal('token-of-notion');
    expect((await syncs.statesOf([house.sources.notes])).get(house.sources.notes)!.last.status).to.equal(
      'queued',
    );
    const before = await everything(other);
    expect(await take(other, sealed, passphrase)).to.deep.equal([]);
    expect(await everything(other)).to.equal(before);
    expect(await webhooks.countOf(house.botId)).to.equal(3);
  });

  it('keeps the addresses that the callers of a bot know, and what opens them', async () => {
    const { channels, slack, deps } = other.hookbell;
    const secret = await running.hookbell.channels.reveal(house.channelId, admin, now());

    expect(await channels.openedBy(house.channelId, secret)).to.deep.include({
      botId: house.botId,
      name: 'Old site',
    });
    const theirs = (await slack.seenBy(admin, house.botId))!;
    const ours = (await running.hookbell.slack.seenBy(admin, house.botId))!;
    expect(theirs).to.deep.include({ id: ours.id, apiUrl: ours.apiUrl, team: 'Acme', botUser: 'UBOT' });
    expect([theirs.signingSecret, theirs.botToken].map((one) => deps.vault.open(one!))).to.deep.equal([
      inSlack.signingSecret,
      inSlack.botToken,
    ]);
  });

  it('changes an API channel and Slack, whose token stays where it is', async () => {
    const text = changed(({ bots }) => {
      delete bots[0].channels[0].id;
      bots[0].channels[0].enabled = false;
      delete bots[0].slack.apiUrl;
    });

    expect(await take(other, text)).to.deep.equal(['changed Old site']);

    expect((await other.hookbell.channels.seenBy(admin, house.channelId)).enabled).to.equal(false);
    expect(await take(other, sealed, passphrase)).to.deep.equal(['changed Old site']);
    const moved = changed(({ bots }) => {
      bots[0].slack.apiUrl = 'http://127.0.0.1:10/api/';
      bots[0].channels[0].channelType = 'web';
      bots.push({ name: 'Thief', slack: { id: bots[0].slack.id } });
    });
    expect(
      (await refusals(other, moved)).map(([path, message]) => [path, message.slice(0, 9)]),
    ).to.deep.equal([
      ['bots.0.channels.0.channelType', '`web` is '],
      ['bots.0.slack.apiUrl', 'The token'],
      ['bots.1.slack.id', 'This id b'],
    ]);
  });

  it('is only looked at in a dry run', async () => {
    const before = await everything(running);
    const text = changed(({ bots }) => {
      bots[0].name = 'Renamed';
      bots[0].webhooks[1].enabled = false;
      bots.push({
        name: 'New',
        dataSources: [{ name: 'Faq', type: 'text', config: { entries: [{ title: 'A', text: 'One' }] } }],
      });
      bots[1].dataSources[0].config.entries.push({ title: 'Q', text: 'A' });
    });

    const { steps } = await look(running, text);

    expect(steps.filter(({ outcome }) => outcome !== 'unchanged').map(({ name }) => name)).to.deep.equal([
      'Renamed',
      'sync.success to http://127.0.0.1:9/hook',
      'New',
      'Faq',
    ]);
    expect(await everything(running)).to.equal(before);
  });

  it('never shows a secret in the difference, but that there is another', async () => {
    const text = changed(({ bots }) => {
      bots[0].dataSources[1].config.headers['X-Key'] = 'quite another header';
      bots[0].dataSources[2].config.token = 'quite-another-token';
      bots[0].webhooks[1].headers.Authorization = 'Bearer quite another';
      bots[0].webhooks[1].secret = 'quite-another-secret';
      bots[0].channels[0].secret = 'quite-another-secret-of-a-channel';
    });

    const { steps } = await look(running, text);

    const fields = steps.flatMap(({ changes }) =>
      changes.map(({ field, before, after }) => [field, before, after]),
    );
    expect(fields).to.deep.equal([
      ['config: headers.X-Key', 'a secret', 'another secret'],
      ['config: token', 'a secret', 'another secret'],
      ['headers.Authorization', 'a secret', 'another secret'],
      ['secret', 'a secret', 'another secret'],
      ['secret', 'a secret', 'another secret'],
    ]);
    const shown = JSON.stringify(steps);
    for (const secret of [...house.secrets, 'quite another', 'quite-another'])
      expect(shown).not.to.include(secret);
  });

  it('sends no stored token to another address', async () => {
    const text = changed(({ bots }) => {
      bots[0].dataSources[2].config.baseUrl = 'http://127.0.0.1:10/';
    });

    expect(await refusals(running, text)).to.deep.equal([['bots.0.dataSources.2.config.token', missing]]);
  });

  it('without secrets says which are missing where they are needed, and makes new ones for webhooks', async () => {
    const text = changed(({ bots }) => {
      bots[0].name = 'Copy';
      const { dataSources, webhooks, channels, slack } = bots[0];
      for (const one of [bots[0], ...dataSources, ...webhooks, ...channels, slack]) delete one.id;
    });

    expect(await refusals(other, text)).to.deep.equal([
      ['bots.0.dataSources.1.config.headers.X-Key', missing],
      ['bots.0.dataSources.2.config.token', missing],
    ]);
    const whole = JSON.parse(text);
    whole.bots[0].dataSources[1].config.headers['X-Key'] = 'a new key';
    whole.bots[0].dataSources.pop();
    whole.bots[0].webhooks[1].headers = {};
    expect(await take(other, JSON.stringify(whole))).to.have.lengthOf(8);
    const { id } = (await other.hookbell.bots.list(admin, { limit: 1, after: null }))[0]!;
    const { signingSecret, botToken } = (await other.hookbell.slack.seenBy(admin, id))!;
    expect([signingSecret, botToken], 'to be connected on its page').to.deep.equal([null, null]);
  });

  it('means by name what its ids do not tell, and what was deleted is made anew, once', async () => {
    const text = changed(({ bots }) => {
      bots[0].name = 'Nightly';
      bots[0].id = '0198a1b2-0000-7000-8000-000000000001';
      bots[0].webhooks = [
        { id: '0198a1b2-0000-7000-8000-000000000002', type: 'sync.trigger', dataSource: 'Notes' },
      ];
      bots[0].dataSources = [
        { name: 'Notes', type: 'text', config: { entries: [{ title: 'A', text: 'One' }] } },
      ];
      bots[0].channels = [{ id: '0198a1b2-0000-7000-8000-000000000003', name: 'Caller' }];
      bots[0].slack = null;
    });
    expect(await take(other, text)).to.deep.equal([
      'created Nightly',
      'created Notes',
      'created sync.trigger',
      'created Caller',
    ]);
    const nameless = JSON.parse(text);
    for (const one of [nameless.bots[0], ...nameless.bots[0].webhooks]) delete one.id;
    expect(await take(other, JSON.stringify(nameless))).to.deep.equal([]);
    await other.hookbell.bots.remove('0198a1b2-0000-7000-8000-000000000001', admin, now());

    expect(await take(other, text)).to.deep.equal([
      'created Nightly',
      'created Notes',
      'created sync.trigger',
      'created Caller',
    ]);

    expect(await take(other, text)).to.deep.equal([]);
    const [bot] = await other.hookbell.bots.list(admin, { limit: 1, after: null });
    expect(bot!.name).to.equal('Nightly');
    const [trigger] = await other.hookbell.webhooks.listOf(bot!.id, { limit: 1, after: null });
    expect(trigger!.id, 'the old URL').to.equal('0198a1b2-0000-7000-8000-000000000002');
    const [channel] = await other.hookbell.channels.listOf(bot!.id, { limit: 1, after: null });
    expect(channel!.id, 'and address').to.equal('0198a1b2-0000-7000-8000-000000000003');
  });

  it('leaves as it is what it leaves out, and deletes nothing', async () => {
    await take(
      running,
      JSON.stringify({ ...open, bots: [{ id: house.botId, name: 'Help desk', humanTakeover: true }] }),
    );

    const [bot] = JSON.parse(await exportFrom(running)).bots;
    expect(bot).to.deep.equal({ ...open.bots[0], humanTakeover: true });
    await take(running, JSON.stringify(open));
  });

  it('refuses what cannot be told or is not allowed, all at once, each with its path', async () => {
    const twin = await running.hookbell.bots.create(
      { ...open.bots[0], id: undefined, dataSources: undefined, webhooks: undefined, name: 'Twin' },
      admin,
      now(),
    );
    const text = changed(({ bots }) => {
      bots[0].welcomeMessage = 'x'.repeat(2001);
      bots[0].id = undefined;
      bots.push({ id: twin.id, name: 'Twin', dataSources: [], webhooks: [] });
      bots[1].webhooks = [
        { id: open.bots[0].webhooks[1].id, type: 'sync.success', targetUrl: 'http://127.0.0.1:9/' },
      ];
      bots.push({
        name: 'Wrong',
        dataSources: [
          { name: 'Odd', type: 'ftp', config: {} },
          { name: 'Inner', type: 'feed', config: { url: 'http://10.1.2.3/feed' }, color: 1 },
        ],
      });
      bots.push({
        name: 'Lost',
        webhooks: [{ type: 'sync.trigger', dataSource: 'Nowhere' }, { type: 'conversation.started' }],
      });
    });

    const found = await refusals(running, text);

    expect(found.map(([path]) => path)).to.deep.equal([
      'bots.0.welcomeMessage',
      'bots.1.webhooks.0.id',
      'bots.2.dataSources.0.type',
      'bots.2.dataSources.1.color',
      'bots.3.webhooks.0.dataSource',
      'bots.3.webhooks.1.targetUrl',
    ]);
    expect(found[1]![1]).to.include('belongs to another bot');
    await running.hookbell.bots.remove(twin.id, admin, now());
  });

  it('says which of its addresses may not be reached', async () => {
    const text = changed(({ bots }) => {
      bots[0].webhooks[2].targetUrl = 'http://10.1.2.3/hook';
      bots.push({
        name: 'Feeds',
        dataSources: [{ name: 'In', type: 'feed', config: { url: 'http://10.1.2.3/' } }],
        slack: { apiUrl: 'http://10.1.2.3/api/' },
      });
    });

    expect(
      (await refusals(running, text)).map(([path, message]) => [path, message.slice(0, 8)]),
    ).to.deep.equal([
      ['bots.1.dataSources.0.config.url', '10.1.2.3'],
      ['bots.0.webhooks.2.targetUrl', '10.1.2.3'],
      ['bots.1.slack.apiUrl', '10.1.2.3'],
    ]);
  });

  it('tells no two of the same name apart without their ids', async () => {
    const { bots } = running.hookbell;
    const twins = await Promise.all([1, 2].map(() => bots.create({ ...bare, name: 'Same' }, admin, now())));
    const one = { ...open, bots: [{ name: 'Same' }] };

    expect(await refusals(running, JSON.stringify(one))).to.deep.equal([
      ['bots.0.id', 'There are 2 of the bot “Same” here: give the id of the one that is meant'],
    ]);
    const pair = { ...open, bots: [{ name: 'Pair' }, { name: 'Pair' }] };
    expect((await refusals(running, JSON.stringify(pair)))[0]![1]).to.include(
      'in the file: give each its id',
    );
    for (const twin of twins) await bots.remove(twin.id, admin, now());
  });

  it('takes over another signing secret, while the old one goes on signing for a day', async () => {
    const { webhooks } = other.hookbell;
    const hooks = await webhooks.listOf(house.botId, { limit: 10, after: null });
    const started = hooks.find(({ type }) => type === 'conversation.started')!;
    await webhooks.rotateSigningSecret(started.id, 0, admin, now());

    expect(await take(other, sealed, passphrase)).to.deep.equal([
      'changed conversation.started to http://127.0.0.1:9/started',
    ]);

    expect(await webhooks.oldSignsUntil(started, now() + 86_000_000)).to.be.greaterThan(now() + 86_000_000);
    expect(await take(other, sealed, passphrase)).to.deep.equal([]);
  });

  it('changes all or nothing', async () => {
    const input = newWebhook.parse({ type: 'sync.failure', targetUrl: 'http://127.0.0.1:9/' });
    const { opened, digest } = await look(
      running,
      changed(({ bots }) => {
        bots[0].name = 'Half';
        bots[0].webhooks.push({ ...input, enabled: undefined, targetUrl: 'http://127.0.0.1:9/late' });
      }),
    );
    const before = await everything(running);
    const { webhooks } = opened.file.bots[0]!;
    webhooks.at(-1)!.type = 'sync.unknown';

    await running.hookbell.configuration.import(opened, digest, admin, now()).then(
      () => expect.fail('it was taken'),
      () => undefined,
    );

    expect(await everything(running)).to.equal(before);
  });

  it('is in the audit log, export and import', async () => {
    const entries = await other.hookbell.accounts.auditPage(100, null);
    const own = entries.filter(({ action }) => action.startsWith('configuration.'));
    expect(own.at(-1)).to.deep.include({
      action: 'configuration.imported',
      subject: '1 bot, 3 data sources, 3 webhooks, 1 API channel, 1 connection to Slack',
      details: { created: 9, changed: 0, unchanged: 0 },
    });
    const [latest] = await running.hookbell.accounts
      .auditPage(200, null)
      .then((all) => all.filter(({ details }) => (details as { secrets?: string }).secrets === 'encrypted'));
    expect(latest).to.deep.include({
      action: 'configuration.exported',
      subject: '1 bot, 3 data sources, 3 webhooks, 1 API channel, 1 connection to Slack',
    });
  });
});

const missing =
  'This secret is neither in the file nor here: write it into the file, or export with a passphrase';

const bare = {
  welcomeMessage: '',
  instructions: '',
  humanTakeover: false,
  storageTokenLimit: null,
  notificationEmail: null,
  allowedOrigins: [],
};
