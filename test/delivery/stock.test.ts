import { expect } from 'chai';
import { appetite } from '../../src/delivery/lane.js';
import { createLanes } from '../../src/delivery/lanes.js';
import type { Claimed } from '../../src/outbox/claim.js';
import type { Target } from '../../src/webhooks/target.js';

const target = (id: string): Target => ({
  id,
  botId: 'a-bot',
  url: 'http://127.0.0.1/',
  secret: 'a secret',
  signingSecrets: () => [],
  headers: {},
  timeout: null,
  requestsPerSecond: null,
  concurrency: null,
  inOrder: false,
  probe: null,
});
const claimed = (webhookId: string, count: number) =>
  Array.from({ length: count }, (_, seq) => ({ seq, webhookId }) as Claimed);

/** Lanes that have shown that they answer at once, eight requests at a time each, with nothing in stock. */
async function quickLanes(ids: string[]) {
  const lanes = createLanes({ eachAtOnce: 8, allAtOnce: 1_000 });
  lanes.mayHaveMore(ids);
  const seen: (() => number)[] = [];
  const targets = new Map(ids.map((id) => [id, target(id)]));
  const one = ids.flatMap((id) => claimed(id, 1));
  lanes.accept(lanes.wants(), targets, one, 0);
  lanes.send(async (lane) => {
    Object.assign(lane, { window: 8, isQuick: true, pace: 1 });
    seen.push(() => appetite(lane));
  }, 0);
  await new Promise(setImmediate);
  return { lanes, targets, appetites: () => seen.map((ask) => ask()) };
}

describe('what is claimed ahead', () => {
  it('is much for one webhook that is quick, and not more than a transaction may take for many', async () => {
    const one = await quickLanes(['a']);
    one.lanes.mayHaveMore(['a']);
    expect(one.lanes.wants()).to.deep.equal([{ webhookId: 'a', limit: one.appetites()[0] }]);
    expect(one.appetites()[0]).to.equal(508);

    const ids = Array.from({ length: 40 }, (_, n) => `webhook ${n}`);
    const many = await quickLanes(ids);
    many.lanes.mayHaveMore(ids);
    const wants = many.lanes.wants();
    expect(wants).to.have.length(40);
    expect(wants.reduce((sum, { limit }) => sum + limit, 0)).to.equal(2_000);
  });

  it('is stock until it runs out for one that has more due, or all of it is sent', async () => {
    const { lanes, targets } = await quickLanes(['a', 'b']);
    expect(lanes.haveStock()).to.equal(false);
    lanes.mayHaveMore(['a', 'b']);
    const wants = lanes.wants();
    lanes.accept(wants, targets, claimed('a', wants[0]!.limit), 0);
    expect(lanes.haveStock()).to.equal(true);

    // New, and nothing of it is claimed yet.
    lanes.mayHaveMore(['b']);
    expect(lanes.haveStock()).to.equal(false);
    lanes.hold('a');
    lanes.hold('b');
    expect(lanes.haveStock()).to.equal(false);
  });
});
