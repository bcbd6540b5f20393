import { expect } from 'chai';
import { whyAway } from '../../src/databases/away.js';
import { problemOf } from '../../src/http/problem.js';

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
