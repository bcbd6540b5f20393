import { integrityOf } from '../account.js';
import { openHouse } from '../house.js';
import { both, type Scenario } from '../scenario.js';

/** A migration finds what it cannot work with: the start says which and why, and works once that is out of the way. */
export const failedMigration: Scenario = {
  name: 'a migration that fails, and one of a newer version',
  engines: both,
  async run(context) {
    const house = await openHouse(context);
    await house.terminate();

    async function refuses(what: string, words: RegExp): Promise<void> {
      const before = house.logged().length;
      house.begin();
      const code = await house.ended();
      const said = house.logged().slice(before);
      context.require(code === 1, `${what}: it ended with ${code}`);
      context.require(words.test(said), `${what}: it said ${said}`);
      context.require(said.split('\n').length < 4, `${what}: it said more than a person reads: ${said}`);
    }

    const newer = { name: '20991231_01_of_a_newer_version.js', batch: 99 };
    await house.look(({ db }) => db('migrations').insert(newer));
    await refuses('a newer version was here', /newer version/);
    await house.look(({ db }) => db('migrations').where({ name: newer.name }).delete());

    const { env } = house;
    Object.assign(env, await context.newDatabase());
    await house.look(async ({ db }) => {
      await db.schema.createTable('bots', (table) => void table.text('precious'));
      await db('bots').insert({ precious: 'of somebody else' });
    });
    await refuses('a table is in the way', /create_bots.*bots/s);
    await refuses('a table is still in the way', /create_bots.*bots/s);
    await house.look(async ({ db }) => {
      const rows = await db('bots').pluck('precious');
      context.require(rows.length === 1, 'it changed a table that is not its own');
      await db.schema.dropTable('bots');
    });
    await house.start();
    await house.terminate();
    return { integrity: await integrityOf(house) };
  },
};
