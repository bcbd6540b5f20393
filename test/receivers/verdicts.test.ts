import { expect } from 'chai';
import { Webhook } from 'standardwebhooks';
import { admin, emit } from '../support/outbox.js';
import type { Running } from '../support/server.js';
import { headersOf, makeReceiver, pointedAt, received, requestsOf, startStrict } from './house.js';

const minute = 60_000;

describe('a test receiver, of what is sent by hand', () => {
  let running: Running;
  before(async () => {
    running = await startStrict();
  });
  after(() => running.stop());

  type Parts = { signing: string; id?: string; body?: string; signedBody?: string; age?: number };

  function signed({ signing, id = 'msg_by_hand', body = '{"a":1}', signedBody = body, age = 0 }: Parts) {
    const at = new Date(running.hookbell.deps.clock() - age);
    return {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(signing).sign(id, at, signedBody),
    };
  }

  async function verdictOn(
    url: string,
    receiver: Parameters<typeof received>[1],
    headers: object,
    body = '{"a":1}',
  ) {
    const count = (await requestsOf(running, receiver)).length;
    const answer = await fetch(url, { method: 'POST', headers: { ...headers }, body });
    expect(answer.status).to.equal(200);
    const [request] = await received(running, receiver, count + 1);
    return request!.verdict;
  }

  it('verifies a signature made with the secret of a webhook that sends here', async () => {
    const { receiver, url, hook } = await pointedAt(running);
    const headers = { ...signed({ signing: hook.signingSecret! }), 'X-Secret-Key': hook.secret };
    expect(await verdictOn(url, receiver, headers)).to.include({ secret: 'matches', signature: 'verified' });
  });

  it('tells a secret that differs or is missing, and keeps one that is not ours', async () => {
    const { receiver, url, hook } = await pointedAt(running);
    expect(await verdictOn(url, receiver, { 'X-Secret-Key': `${hook.secret}x` })).to.include({
      secret: 'differs',
    });
    const [request] = await requestsOf(running, receiver);
    expect(headersOf(running, request!)).to.include({ 'x-secret-key': `${hook.secret}x` });
    expect(await verdictOn(url, receiver, {})).to.include({
      secret: 'missing',
      signature: 'missing',
      because: 'There is no webhook-id and no webhook-timestamp and no webhook-signature header.',
    });
  });

  it('tells what is wrong with a signature', async () => {
    const { receiver, url, hook } = await pointedAt(running);
    const signing = hook.signingSecret!;
    const good = signed({ signing });
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const cases: [object, string, RegExp][] = [
      [signed({ signing: other }), 'wrong', /another secret signed/],
      [signed({ signing, signedBody: '{"a":2}' }), 'wrong', /changed on the way/],
      [{ ...good, 'webhook-id': 'msg_other' }, 'wrong', /not the signature of this id/],
      [{ ...good, 'webhook-timestamp': 'yesterday' }, 'wrong', /“yesterday”, not a time/],
      [{ ...good, 'webhook-signature': 'v1a,abc' }, 'wrong', /holds no v1 signature/],
      [{ ...good, 'webhook-signature': `v1,abc ${good['webhook-signature']}` }, 'verified', /less than 5/],
      [signed({ signing, age: 4 * minute }), 'verified', /less than 5 minutes/],
      [signed({ signing, age: 6 * minute }), 'stale', /6 minutes old/],
      [signed({ signing, age: -60 * minute }), 'stale', /in the future/],
    ];
    for (const [headers, signature, because] of cases) {
      const verdict = await verdictOn(url, receiver, headers);
      expect(verdict.signature, verdict.because).to.equal(signature);
      expect(verdict.because).to.match(because);
    }
  });

  it('knows the secret that was replaced: valid while both sign, told of afterwards', async () => {
    const { receiver, url, hook } = await pointedAt(running);
    const old = hook.signingSecret!;
    const { webhooks, deps } = running.hookbell;
    await webhooks.rotateSigningSecret(hook.id, 60 * minute, admin, deps.clock());
    expect(await verdictOn(url, receiver, signed({ signing: old }))).to.include({ signature: 'verified' });
    await emit(running, hook.botId);
    expect((await received(running, receiver, 2))[0]!.verdict).to.include({ signature: 'verified' });

    running.pass(62 * minute);
    const verdict = await verdictOn(url, receiver, signed({ signing: old }));
    expect(verdict.signature).to.equal('wrong');
    expect(verdict.because).to.include('the signing secret that was replaced');
  });

  it('checks nothing where no webhook sends here, not even with the id of a delivery to elsewhere', async () => {
    const { receiver: theirs, hook } = await pointedAt(running);
    await emit(running, hook.botId);
    const [sent] = await received(running, theirs, 1);
    const { receiver, url } = await makeReceiver(running);
    const headers = {
      ...signed({ signing: hook.signingSecret!, id: sent!.messageId! }),
      'X-Secret-Key': hook.secret,
    };
    expect(await verdictOn(url, receiver, headers)).to.include({ secret: 'unknown', signature: 'unknown' });
    const [request] = await requestsOf(running, receiver);
    expect(request).to.include({ messageId: null, webhookId: null });
  });

  it('keeps any method and any body, and no header in the clear', async () => {
    const { receiver, url } = await makeReceiver(running);
    await fetch(url, { headers: { Authorization: 'Bearer of-good-news' } });
    await fetch(url, { method: 'PUT', body: new Uint8Array([0, 255, 65]) });
    await fetch(url, { method: 'DELETE' });
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
    const all = await received(running, receiver, 4);
    expect(all.map(({ method, size }) => [method, size])).to.deep.equal([
      ['HEAD', 0],
      ['DELETE', 0],
      ['PUT', 3],
      ['GET', 0],
    ]);
    expect(all[2]!.body).to.equal('��A');
    expect(headersOf(running, all[3]!)).to.include({ authorization: 'Bearer of-good-news' });
    const stored = JSON.stringify(await running.hookbell.deps.db('receiver_requests').select());
    expect(stored).not.to.include('of-good-news');
  });
});
