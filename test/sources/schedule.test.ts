import { expect } from 'chai';
import { nextAt, schedule } from '../../src/sources/schedule.js';
import { entries, type Ground, ground } from '../syncs/ground.js';

const anHour = 3_600_000;
const aDay = 24 * anHour;

describe('a schedule', () => {
  it('is nothing, an interval by name, or a cron line of five fields', () => {
    for (const line of [
      null,
      'hourly',
      'daily',
      'weekly',
      '*/5 * * * *',
      '30 4 * * 1-5',
      '0 0 1 JAN,JUL MON',
    ])
      expect(schedule.safeParse(line).success, String(line)).to.equal(true);
    expect(schedule.parse('  0   4 * *  * ')).to.equal('0 4 * * *');
  });

  it('is nothing else', () => {
    const wrong = [
      '',
      'yearly',
      '* * * *',
      '* * * * * *',
      '0 0 4 * * *',
      '60 * * * *',
      '* 24 * * *',
      '* * 32 * *',
      '0 0 31 2 *',
      'a b c d e',
      '@daily',
      '? * * * *',
      '*/0 * * * *',
      `${'1,'.repeat(300)}1 * * * *`,
      5,
      {},
      [],
    ];
    for (const line of wrong) expect(schedule.safeParse(line).success, String(line)).to.equal(false);
    expect(schedule.safeParse('yearly').error?.issues[0]?.message).to.match(
      /^Takes hourly, daily, weekly or a cron line/,
    );
  });

  it('goes on from when it was set, however late somebody looks', () => {
    expect(nextAt('hourly', 1_000, 1_000)).to.equal(1_000 + anHour);
    expect(nextAt('hourly', 1_000, 1_000 + anHour)).to.equal(1_000 + 2 * anHour);
    expect(nextAt('daily', 1_000, 1_000 + 10 * aDay + 5)).to.equal(1_000 + 11 * aDay);
    expect(nextAt('weekly', 0, 1)).to.equal(7 * aDay);
  });

  it('of a cron line is the next minute that fits', () => {
    const at = new Date(2026, 0, 5, 12, 7, 30).getTime();

    expect(nextAt('*/15 * * * *', 0, at)).to.equal(new Date(2026, 0, 5, 12, 15).getTime());
    expect(nextAt('0 4 * * *', 0, at)).to.equal(new Date(2026, 0, 6, 4).getTime());
  });
});

describe('syncs by a schedule', () => {
  let g: Ground;
  beforeEach(async () => {
    g = await ground({ runs: false });
  });
  afterEach(() => g.stop());

  const queued = () => g.db('syncs').where({ status: 'queued' }).select('trigger');
  async function made(fields: object) {
    const source = await g.source({ ...entries({ A: 'a' }), ...fields });
    await g.db('syncs').delete();
    return source;
  }

  it('are asked for when they are due, and not before', async () => {
    const source = await made({ schedule: 'hourly' });
    expect(source.nextSyncAt).to.equal(g.clock() + anHour);

    g.pass(anHour - 1);
    await g.runner.sweep(g.clock());
    expect(await queued()).to.deep.equal([]);

    g.pass(1);
    await g.runner.sweep(g.clock());
    expect(await queued()).to.deep.equal([{ trigger: 'schedule' }]);
    expect((await g.sources.find(source.id))?.nextSyncAt).to.equal(g.clock() + anHour);
  });

  it('are asked for once, of however many look and however long nobody did', async () => {
    await made({ schedule: 'hourly' });
    g.pass(50 * anHour);

    await Promise.all([1, 2, 3, 4].map(() => g.runner.sweep(g.clock())));

    expect(await queued()).to.have.lengthOf(1);
    await g.db('syncs').delete();
    await g.runner.sweep(g.clock());
    expect(await queued()).to.deep.equal([]);
  });

  it('follow the schedule as it is now', async () => {
    const source = await made({ schedule: 'hourly' });

    expect((await g.change(source.id, { schedule: 'daily' })).nextSyncAt).to.equal(g.clock() + aDay);
    expect((await g.change(source.id, { name: 'Other' })).nextSyncAt).to.equal(g.clock() + aDay);
    expect((await g.change(source.id, { schedule: null })).nextSyncAt).to.equal(null);
  });

  it('do not come while the source is disabled or its bot deleted', async () => {
    const disabled = await made({ schedule: 'hourly', enabled: false });
    const orphan = await made({ schedule: 'hourly' });
    await g.db('bots').where({ id: orphan.botId }).update({ deleted_at: g.clock() });

    g.pass(2 * anHour);
    await g.runner.sweep(g.clock());

    expect(disabled.nextSyncAt).to.equal(null);
    expect(await queued()).to.deep.equal([]);
    expect((await g.change(disabled.id, { enabled: true })).nextSyncAt).to.equal(g.clock() + anHour);
  });
});
