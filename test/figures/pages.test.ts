import { expect } from 'chai';
import { load } from 'cheerio';
import { type Caller, caller } from '../support/caller.js';
import { emit, type Hook, makeHook } from '../support/outbox.js';
import { type Person, person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';
import type { Page } from '../support/visitor.js';
import { settled } from './settled.js';

const hour = 3_600_000;

describe('pages with figures', () => {
  let running: Running;
  let ada: Person;
  let agent: Person;
  let api: Caller;
  let given: Hook;
  let other: Hook;
  before(async () => {
    running = await startHookbell({ background: false });
    const { deps } = running.hookbell;
    [ada, agent] = [await person(running), await person(running, 'agent')];
    api = caller(running.url, ada.key);
    given = await makeHook(running, 'http://127.0.0.1:9/given');
    other = await makeHook(running, 'http://127.0.0.1:9/other');
    await ada.submit(
      `/app/bots/${given.botId}/settings`,
      { agents: agent.id },
      `/app/bots/${given.botId}/agents`,
    );
    // An hour that is not over before the test is.
    running.pass(hour - (deps.clock() % hour) + 60_000);
  });
  after(() => running.stop());

  const text = (page: Page, selector: string) =>
    page
      .$(selector)
      .map((_at, element) =>
        page
          .$(element)
          .text()
          .trim()
          .replace(/\s+/g, ' ')
          .replace(/(?<=min) \d+ s$/, ''),
      )
      .get();
  /** Where scripts run, noscript is no part of the page. */
  const withoutScript = (page: Page): Page =>
    Object.assign(page, { $: load(page.text, { scriptingEnabled: false }) });
  const legend = (page: Page) => text(page, '.figures-legend div');
  const tables = '[data-figures] noscript table';

  it('say so where nothing was delivered yet, and nothing in this range', async () => {
    for (const path of [`/app/webhooks/${given.id}`, '/app']) {
      expect(text(await ada.get(path), '[data-empty]')).to.deep.equal(['No deliveries yet.']);
    }
    await settled(running, other, [{ outcome: 'delivered', durationMs: 10 }]);
    running.pass(48 * hour);
    const later = await ada.get('/app');
    expect(text(later, '[data-empty]')).to.deep.equal(['No deliveries in the last 24 hours.']);
    expect(legend(await ada.get('/app?range=7d'))[0]).to.equal('Delivered 1');
  });

  it('show the figures as tables to those without JavaScript, with what waits', async () => {
    await settled(running, given, [
      ...Array(3).fill({ outcome: 'delivered', durationMs: 100 }),
      { outcome: 'retried', durationMs: 2000 },
      { outcome: 'failed', durationMs: 2000 },
    ]);
    await emit(running, given.botId);
    running.pass(60_000);
    const page = withoutScript(await ada.get(`/app/webhooks/${given.id}`));
    expect(text(page, `${tables} caption`)).to.deep.equal([
      'Deliveries by outcome, each hour of the last 24 hours, times in UTC',
      'Latency of attempts, each hour of the last 24 hours, times in UTC',
      'Backlog, each hour of the last 24 hours, times in UTC',
    ]);
    expect(page.$(`${tables} tbody tr`).length).to.equal(3 * 24);
    const latest = text(page, `${tables} tbody tr:first-child td`);
    expect(latest).to.deep.equal(['3', '1', '1', '105 ms', '1.9 s', '2', '1 min']);
    expect(legend(page)).to.deep.equal([
      'Delivered 3',
      'Retried 1',
      'Failed 1',
      'p50 105 ms',
      'p95 1.9 s',
      'Waiting 2',
      'Oldest due 1 min',
    ]);
    expect(page.text).not.to.match(/<script(?![^>]*src=)/);
  });

  it('lead from range to range, and keep what else was chosen', async () => {
    const path = `/app/webhooks/${given.id}`;
    const page = await ada.get(`${path}?status=pending&range=7d`);
    const links = page.$('nav[aria-label="Range of the figures"] a');
    expect(links.map((_at, link) => page.$(link).attr('href')).get()).to.deep.equal([
      `${path}?status=pending&range=24h`,
      `${path}?status=pending&range=7d`,
      `${path}?status=pending&range=30d`,
    ]);
    expect(page.$('nav[aria-label="Range of the figures"] [aria-current]').text()).to.equal('7 days');
    expect(page.$('[data-figures]').attr('data-figures')).to.equal(`${path}/figures.json?range=7d`);
    expect(page.$('[hx-target="#webhook"]').attr('hx-get')).to.equal(`${path}?status=pending&range=7d`);
    expect((await ada.get(`${path}?range=1y`)).status).to.equal(422);
    expect((await ada.get('/app?range=1y')).status).to.equal(422);
  });

  it('have the same figures as JSON, for the charts and by the API', async () => {
    const at = `/app/webhooks/${given.id}/figures.json`;
    for (const range of ['24h', '7d', '30d']) {
      const { body } = await ada.get(`${at}?range=${range}`);
      expect(body).to.include({ range });
      expect(body.total).to.deep.equal({ delivered: 3, retried: 1, failed: 1, p50Ms: 105, p95Ms: 1932 });
      expect(body.backlog.waiting).to.equal(2);
      expect(body.points.at(-1)).to.include({ delivered: 3, retried: 1, failed: 1, waiting: 2 });
      const starts = body.points.map(({ start }: { start: string }) => Date.parse(start));
      expect(
        new Set(starts.slice(1).map((start: number, index: number) => start - starts[index])),
      ).to.deep.equal(new Set([body.stepMs]));
      const answer = await api.get(`/webhooks/${given.id}/figures?range=${range}`);
      expect({ ...answer.body, backlog: null, points: null }).to.deep.equal({
        ...body,
        backlog: null,
        points: null,
      });
      expect(answer.body.points.length).to.equal({ '24h': 24, '7d': 28, '30d': 30 }[range]);
    }
    expect((await api.get(`/webhooks/${given.id}/figures`)).body.range).to.equal('24h');
  });

  it('refuse a range there is not, and tell nothing of a webhook there is not', async () => {
    const at = `/app/webhooks/${given.id}/figures.json`;
    const wrong = [await ada.get(`${at}?range=1y`), await api.get(`/webhooks/${given.id}/figures?range=1y`)];
    for (const { status, body, headers } of wrong) {
      expect(status).to.equal(422);
      expect(headers['content-type']).to.include('application/problem+json');
      expect(body.errors).to.deep.equal([{ path: 'range', message: 'One of 24h, 7d, 30d' }]);
    }
    expect((await ada.get('/app/webhooks/none/figures.json')).status).to.equal(404);
    expect((await api.get('/webhooks/none/figures')).status).to.equal(404);
  });

  it('show agents what belongs to their bots only', async () => {
    const theirs = caller(running.url, agent.key);
    expect((await theirs.get(`/webhooks/${given.id}/figures`)).status).to.equal(200);
    expect((await theirs.get(`/webhooks/${other.id}/figures`)).status).to.equal(403);
    expect((await agent.get(`/app/webhooks/${other.id}/figures.json`)).status).to.equal(403);
    const total = async (who: Person) => (await who.get('/app/figures.json?range=7d')).body.total.delivered;
    expect([await total(agent), await total(ada)]).to.deep.equal([3, 4]);
    expect(legend(await agent.get('/app?range=7d'))[0]).to.equal('Delivered 3');
    expect(legend(await ada.get('/app?range=7d'))[0]).to.equal('Delivered 4');
  });
});
