import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { whyAway } from '../../src/databases/away.js';
import { problemOf } from '../../src/http/problem.js';
import { type Running, startHookbell } from '../support/server.js';

const error = (message: string, code?: string) => Object.assign(new Error(message), { code });

describe('a database that cannot do its work just now', () => {
  it('is told from what is wrong with the work', () => {
    expect(whyAway(error('insert into `x` - SQLITE_FULL: full', 'SQLITE_FULL'))).to.equal('the disk is full');
    expect(whyAway(error('BEGIN; - Connection terminated unexpectedly'))).to.include('was lost');
    expect(whyAway(error('terminating connection', '57P01'))).to.include('being stopped');
    expect(whyAway(error('connection failure', '08006'))).to.include('was lost');
    expect(whyAway(error('UNIQUE constraint failed', 'SQLITE_CONSTRAINT'))).to.equal(null);
    expect(whyAway(error('duplicate key', '23505'))).to.equal(null);
    expect(whyAway(error('x is not a function'))).to.equal(null);
  });

  it('is a 503 that says when to come back, and neither statement nor secret', () => {
    const problem = problemOf(
      error('insert into `webhooks` (`secret`) - SQLITE_BUSY: locked', 'SQLITE_BUSY'),
    );
    expect(problem).to.deep.include({ status: 503, headers: { 'Retry-After': '5' } });
    expect(problem.detail).to.include('another program holds it locked').and.not.include('webhooks');
  });
});

describe('while the database is away', () => {
  let running: Running;
  before(async () => {
    running = await startHookbell({ background: false });
  });
  after(async () => {
    running.server.close();
    rmSync(running.dataDir, { recursive: true, force: true });
  });

  it('triggers, API and pages say so, each in its own way', async () => {
    const { url, hookbell } = running;
    await hookbell.deps.db.destroy();
    await hookbell.deps.reader.destroy();
    const trigger = await fetch(`${url}/api/public/hooks/some/secret`);
    expect(trigger.status).to.equal(503);
    expect(trigger.headers.get('retry-after')).to.equal('5');
    expect(await trigger.json()).to.deep.include({ success: false });
    const api = await fetch(`${url}/api/v1/bots`, { headers: { Authorization: 'Bearer hb_x' } });
    expect([api.status, api.headers.get('content-type')]).to.deep.equal([
      503,
      'application/problem+json; charset=utf-8',
    ]);
    const page = await fetch(`${url}/login`, { headers: { Cookie: 'hookbell=x' } });
    expect([page.status, await page.text()].join(' ')).to.match(/^(200|503) <!doctype html>/i);
  });
});
