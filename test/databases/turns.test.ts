import { expect } from 'chai';
import { turns } from '../../src/databases/turns.js';
import { background } from '../../src/schedule.js';
import { engine } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { person } from '../support/people.js';
import { twoOnOne } from '../support/twoProcesses.js';

// On SQLite there is one process.
const onPostgres = engine === 'postgres' ? describe : () => {};

onPostgres('two processes on one database', () => {
  let both: Awaited<ReturnType<typeof twoOnOne>>;
  afterEach(() => both.stop());

  const ofBoth = () => {
    const [one, two] = [both.one, both.two].map(({ hookbell }) => turns(hookbell.deps.db));
    return { one: one!, two: two! };
  };

  it('do a chore one at a time: the other leaves it alone meanwhile, and right after', async () => {
    both = await twoOnOne();
    const { one, two } = ofBoth();
    const did: string[] = [];
    await one.inTurn('tidying', async () => {
      did.push('one');
      await two.inTurn('tidying', async () => did.push('two'));
      await two.inTurn('other', async () => did.push('two, another'));
    });
    await two.inTurn('tidying', async () => did.push('two'));
    await one.inTurn('tidying', async () => did.push('one'));
    expect(did).to.deep.equal(['one', 'two, another', 'one']);
  });

  it('take over at once from one that stopped, and after the lease from one that died', async () => {
    both = await twoOnOne();
    const { one, two } = ofBoth();
    const did: string[] = [];
    await one.inTurn('tidying', async () => did.push('one'));
    await one.stop();
    await two.inTurn('tidying', async () => did.push('two'));
    await both.one.hookbell.deps
      .db('chores')
      .where({ name: 'tidying' })
      .update({ until: Date.now() - 1 });
    await one.inTurn('tidying', async () => did.push('one'));
    expect(did).to.deep.equal(['one', 'two', 'one']);
  });

  it('keep a chore that takes longer than a lease', async () => {
    both = await twoOnOne();
    const { one, two } = ofBoth();
    const { db } = both.one.hookbell.deps;
    const until = async () => Number((await db('chores').first('until'))?.until);
    let others = 0;
    await one.inTurn('long', async () => {
      const first = await until();
      await eventually('the lease to be renewed', async () => (await until()) > first);
      await two.inTurn('long', async () => {
        others += 1;
      });
    });
    expect(others).to.equal(0);
  });

  it('do what is for one in one of them, and all else in both', async () => {
    both = await twoOnOne();
    const runs: string[] = [];
    const works = [both.one, both.two].map(({ hookbell }, number) => {
      const chores = [
        {
          name: 'for one',
          every: '* * * * * *',
          isForOne: true,
          run: async () => runs.push(`one ${number}`),
        },
        { name: 'for all', every: '* * * * * *', run: async () => runs.push(`all ${number}`) },
      ];
      return background(hookbell.deps, chores, turns(hookbell.deps.db));
    });
    for (const work of works) work.start();
    const count = (what: string) => runs.filter((run) => run === what).length;
    await eventually('three turns in both', async () => count('all 0') > 2 && count('all 1') > 2);
    await Promise.all(works.map((work) => work.stop()));
    expect(Math.min(count('one 0'), count('one 1'))).to.equal(0);
    expect(Math.max(count('one 0'), count('one 1'))).to.be.greaterThan(1);
  });

  it('both follow an outbound rule, also where no background work is done', async () => {
    both = await twoOnOne({ other: { ROLE: 'web' }, background: true });
    const admin = await person(both.one);
    const { guard } = both.two.hookbell.deps;
    const isOpen = async () => (await guard.resolve('http://10.8.8.8/')) === null;
    expect(await isOpen()).to.equal(false);

    const _csrf = await admin.token();
    await admin.post('/app/settings/outbound', { rule: '10.8.8.8', _csrf });

    await eventually('the rule to be in force', isOpen);
  });
});
