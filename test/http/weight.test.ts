import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { caller } from '../support/caller.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

const budget = 150 * 1024;

describe('what a page loads', () => {
  let running: Running;
  let admin: Person;
  before(async () => {
    running = await startHookbell({ background: false });
    admin = await person(running);
  });
  after(() => running.stop());

  /** A script and what it imports, each with its weight as it is sent. */
  async function weigh(path: string, weights: Map<string, number>): Promise<void> {
    if (weights.has(path)) return;
    const { text } = await admin.agent.get(path).buffer(true).expect(200);
    weights.set(path, gzipSync(text).length);
    const imported = text.matchAll(/import\(new URL\(`(vendor\/[\w-]+\.js)/g);
    for (const [, file] of imported) await weigh(`/assets/${file}`, weights);
  }

  it('is less than 150 KB of JavaScript, charts and all', async () => {
    const bot = (await caller(running.url, admin.key).post('/bots', { name: 'Help desk' })).body.id;
    for (const path of ['/app', '/app/search', `/app/bots/${bot}`, '/app/inbox', `/chat/${bot}`]) {
      const { $ } = await admin.get(path);
      const weights = new Map<string, number>();
      for (const script of $('script[src]').get())
        await weigh($(script).attr('src')!.split('?')[0]!, weights);
      // The dashboard draws charts.
      expect([...weights.keys()].includes('/assets/vendor/chart.js'), path).to.equal(path === '/app');
      const sum = [...weights.values()].reduce((all, one) => all + one, 0);
      expect(sum, path).to.be.within(5 * 1024, budget);
    }
  });
});
