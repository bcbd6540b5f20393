import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { sign } from '../../src/delivery/sign.js';
import { curlOf, opensslOf, type Revealed } from '../../src/webhooks/shell.js';
import { eventually } from '../support/eventually.js';
import { admin as ada, emit, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type Running, startHookbell } from '../support/server.js';
import { leadsTo } from '../support/visitor.js';

const mask = '••••••';
const run = promisify(execFile);

/** What people do who paste it. */
async function pasted(command: string): Promise<string> {
  const shell = run('sh');
  shell.child.stdin!.end(command);
  return (await shell).stdout;
}

const bodies: Record<string, string> = {
  quotes: JSON.stringify({ a: `it's "quoted" ''twice''`, b: `'\\''` }),
  'dollars and backticks': '{"a":"$HOME $(id) `id` $PATH !! \\\\ %s %n"}',
  newlines: '{\n  "a": 1\r\n}\n\n',
  unicode: JSON.stringify({ a: 'Grüße, 世界 🎉 \u2028 \u0001' }),
  'nothing but what looks like an option': '-d @/etc/hostname',
  'an at sign': '@/etc/hostname',
  '200 KiB': JSON.stringify({ a: `it's ${'x'.repeat(200_000)}` }),
};

describe('an attempt as a call of curl', () => {
  let receiver: Receiver;
  before(async function () {
    // They are tools of the reader's, not of ours; where there are none, there is nothing to try.
    const missing = await pasted('command -v curl && command -v openssl').then(
      () => false,
      () => true,
    );
    if (missing && !process.env.CI) this.skip();
    receiver = await startReceiver();
  });
  after(() => receiver?.close());

  const requestHeaders = {
    'Content-Type': 'application/json; charset=utf-8',
    'X-Secret-Key': mask,
    'webhook-id': 'msg_1',
    "X-It's`$id": mask,
    X_It_s__id: mask,
    'webhook-signature': 'v1,abc+/= v1,def',
  };
  const revealed: Revealed = {
    secret: 'a-secret-of-my-own',
    headers: { "X-It's`$id": "o'ne $(id)", X_It_s__id: 'two' },
  };

  for (const [what, body] of Object.entries(bodies)) {
    it(`sends the very same, with ${what} in the body`, async () => {
      const url = `${receiver.url}/a[1]?q='it'&b={x,y}`;
      const output = await pasted(curlOf({ url, requestHeaders }, body, revealed));
      const got = receiver.received.at(-1)!;
      expect(output).to.match(/^HTTP\/1.1 200/);
      expect(got.method).to.equal('POST');
      expect(got.body).to.equal(body);
      expect(`${new URL(url).pathname}${new URL(url).search}`).to.equal(got.path);
      expect(got.headers).to.include({
        'content-type': 'application/json; charset=utf-8',
        'x-secret-key': 'a-secret-of-my-own',
        'webhook-id': 'msg_1',
        "x-it's`$id": "o'ne $(id)",
        x_it_s__id: 'two',
        'webhook-signature': 'v1,abc+/= v1,def',
      });
    });

    it(`signs the very same by openssl, with ${what} in the body`, async () => {
      const key = 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
      const printed = await pasted(opensslOf('msg_1', '1763800000', body, key));
      expect(`v1,${printed}`).to.equal(sign([key], 'msg_1', 1763800000, body));
    });
  }

  it('takes what is masked from its first lines', async () => {
    const command = curlOf({ url: receiver.url, requestHeaders: { 'X-Secret-Key': mask } }, '{}', null);
    expect(command).to.include("HOOKBELL_SECRET='paste the value here'\n");
    await pasted(command.replace('paste the value here', 'the-secret-of-the-hook'));
    expect(receiver.received.at(-1)!.headers).to.include({ 'x-secret-key': 'the-secret-of-the-hook' });
  });
});

describe('the page of a delivery', () => {
  let running: Running;
  let receiver: Receiver;
  let admin: Person;

  before(async () => {
    running = await startHookbell();
    receiver = await startReceiver();
    admin = await person(running);
  });
  after(async () => {
    await running.stop();
    await receiver.close();
  });

  const delivered = async (attempts: number) => {
    const hook = await makeHook(running, receiver.url);
    receiver.answer(attempts > 1 ? 500 : 200);
    await emit(running, hook.botId, 7);
    await settled(hook.id, 1);
    for (let made = 2; made <= attempts; made++) {
      receiver.answer(made === attempts ? 200 : 500);
      running.pass(400_000);
      await settled(hook.id, made);
    }
    const { delivery } = await onlyDelivery(running, hook.id);
    return { hook, delivery, page: `/app/deliveries/${delivery.id}` };
  };

  const settled = (webhookId: string, made: number) =>
    eventually(`attempt ${made}`, async () => {
      const { delivery } = await onlyDelivery(running, webhookId);
      return delivery.attempts === made && delivery.status !== 'sending';
    });

  it('shows a row and a bar for each attempt, and says where a connection was reused', async () => {
    const { page } = await delivered(2);
    const { $ } = await admin.get(page);
    const rows = $('.timeline tbody tr');
    const bars = rows.last().find('rect').length;
    expect(bars).to.be.at.least(2);
    expect($('.timeline svg').length).to.equal(2);
    $('.timeline svg').remove();
    const cells = (row: number) =>
      [...rows.eq(row).find('td')].map((cell) => $(cell).text().trim()).join(' | ');
    expect(cells(0)).to.match(
      /^200 \| {2}\| (connection reused|– \| [\d.]+ ms \| –) \| [\d.]+ ms \| [\d.]+ ms$/,
    );
    expect(cells(1)).to.match(/^500 \| {2}\| – \| [\d.]+ ms \| – \| [\d.]+ ms \| [\d.]+ ms$/);
    expect($('.timeline caption').text()).to.include('step by step');
  });

  it('explains the signature of the latest attempt, or of the one that was asked for', async () => {
    const { hook, delivery, page } = await delivered(2);
    const sent = receiver.received.filter((got) => got.headers['webhook-id'] === delivery.id);
    for (const [address, got] of [
      [page, sent[1]!],
      [`${page}?attempt=1`, sent[0]!],
      [`${page}?attempt=nonsense`, sent[1]!],
    ] as const) {
      const { $, text } = await admin.get(address);
      const timestamp = got.headers['webhook-timestamp']!;
      expect($('#signed-text').text()).to.equal(`${delivery.id}.${timestamp}.${got.body}`);
      const [, rest = ''] = $('#signed-text').text().split(`${delivery.id}.${timestamp}.`);
      const signature = sign([hook.signingSecret!], delivery.id, Number(timestamp), rest);
      expect(signature).to.equal(got.headers['webhook-signature']);
      const steps = $('.steps-of-signing').text();
      expect(steps).to.include(signature).and.include('computed again, it is the same');
      expect(steps)
        .to.include(`${Buffer.byteLength(got.body)} bytes`)
        .and.include('32 bytes');
      expect(text).not.to.include(hook.signingSecret!).and.not.to.include(hook.secret);
      expect($('#curl').text()).to.include(`webhook-timestamp: ${timestamp}`);
    }
  });

  it('says which signatures the signing secret of now does not make', async () => {
    const { hook, page } = await delivered(1);
    const at = running.hookbell.deps.clock();
    await running.hookbell.webhooks.rotateSigningSecret(hook.id, 3_600_000, ada, at);
    expect((await admin.get(page)).$('.steps-of-signing').text()).to.include('by an earlier signing secret');
    await admin.submit(page, {}, `${page}/redeliver`);
    await settled(hook.id, 2);
    const steps = (await admin.get(page)).$('.steps-of-signing ul li');
    expect(steps.first().text()).to.include('computed again, it is the same');
    expect(steps.last().text()).to.include('by an earlier signing secret');
  });

  it('shows the secrets to admins who ask, in the audit log, and then its commands work as they are', async () => {
    const { hook, page } = await delivered(1);
    const shown = await admin.submit(page, { attempt: '1' }, `${page}/secrets`);
    expect(shown.status).to.equal(200);
    const before = receiver.received.at(-1)!;
    expect(await pasted(shown.$('#curl').text())).to.match(/^HTTP\/1.1 200/);
    const again = receiver.received.at(-1)!;
    expect(again.body).to.equal(before.body);
    for (const name of Object.keys(before.headers).filter((name) =>
      /^(x-|webhook-|content-type|user)/.test(name),
    ))
      expect(again.headers[name], name).to.equal(before.headers[name]);
    expect(again.headers['x-secret-key']).to.equal(hook.secret);
    expect(`v1,${await pasted(shown.$('#openssl').text())}`).to.equal(before.headers['webhook-signature']);
    expect((await admin.get('/app/settings/audit')).$('main').text()).to.include('revealed the secret');
    expect(leadsTo(await admin.get(`${page}/secrets`))).to.equal(page);

    const agent = await person(running, 'agent');
    await running.hookbell.bots.setAgents(hook.botId, [agent.id], ada, running.hookbell.deps.clock());
    expect((await agent.get(page)).$('main form').length).to.equal(0);
    expect((await agent.post(`${page}/secrets`, { _csrf: await agent.token() })).status).to.equal(403);
  });
});
