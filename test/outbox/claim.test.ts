import { expect } from 'chai';
import { type Claimed, claim, giveBack } from '../../src/outbox/claim.js';
import { type Settlement, settle } from '../../src/outbox/settle.js';
import { emit, type Hook, makeHook, onlyDelivery } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';

const nowhere = 'http://127.0.0.1:1/';

describe('a claim', () => {
  let running: Running;
  let hook: Hook;
  beforeEach(async () => {
    running = await startHookbell({ background: false });
    hook = await makeHook(running, nowhere);
  });
  afterEach(() => running.stop());

  const now = () => running.hookbell.deps.clock();
  const take = (limit: number, token = 'one') =>
    claim(
      running.hookbell.deps.db,
      [{ webhookId: hook.id, limit }],
      { token, until: now() + 60_000 },
      now() + 1,
    );
  const delivered = (claimed: Claimed): Settlement => ({
    claimed,
    attempt: {
      startedAt: now(),
      durationMs: 1,
      url: nowhere,
      status: 200,
      error: null,
      requestHeaders: {},
      responseHeaders: {},
      responseBody: '',
      truncated: false,
      timings: { reused: null, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
    },
    next: { status: 'delivered', finishedAt: now() },
  });
  const tokensOf = (claims: Claimed[]) =>
    claims.map(({ body }) => JSON.parse(body).results.totalTokens as number);

  it('takes what is due the longest first, and nothing twice', async () => {
    for (const tokens of [1, 2, 3]) {
      await emit(running, hook.botId, tokens);
      running.pass(1000);
    }
    expect(tokensOf(await take(2))).to.deep.equal([1, 2]);
    expect(tokensOf(await take(2))).to.deep.equal([3]);
    expect(await take(2)).to.deep.equal([]);
  });

  it('is void once somebody else has it: the late result changes nothing', async () => {
    const { db } = running.hookbell.deps;
    await emit(running, hook.botId);
    const [frozen] = await take(1, 'frozen');
    running.pass(61_000);
    expect(await giveBack(db, now())).to.equal(1);
    const [other] = await take(1, 'other');
    await settle(db, [delivered(frozen!)]);
    expect((await onlyDelivery(running, hook.id)).delivery).to.deep.include({
      status: 'sending',
      attempts: 0,
    });
    await settle(db, [delivered(other!)]);
    const { delivery, attempts } = await onlyDelivery(running, hook.id);
    expect(delivery).to.deep.include({ status: 'delivered', attempts: 1 });
    expect(attempts).to.have.length(1);
  });

  it('is void once it was given back, whoever comes late', async () => {
    const { db } = running.hookbell.deps;
    await emit(running, hook.botId);
    const [late] = await take(1);
    await giveBack(db, Number.MAX_SAFE_INTEGER);
    await settle(db, [delivered(late!)]);
    const { delivery, attempts } = await onlyDelivery(running, hook.id);
    expect(delivery).to.deep.include({ status: 'pending', attempts: 0 });
    expect(attempts).to.deep.equal([]);
  });
});
