import { openDatabase } from '../../../src/database.js';
import { program } from '../../support/processes.js';
import { both, type Context, type Scenario } from '../scenario.js';

type Settings = { dataDir: string; databaseUrl?: string };

/** Dies in the middle of migrations, at each of their statements in the long form; whoever comes next ends them. */
export const killInMigration: Scenario = {
  name: 'kill -9 in the middle of each migration',
  engines: both,
  async run(context) {
    const whole = await emptyDatabase(context);
    const { stdout } = await migrate(whole, 0);
    const statements = Number(stdout);
    const wanted = await schemaOf(whole);
    const step = context.pick(Math.ceil(statements / 2), 8, 1);
    let kills = 0;
    for (let at = 1 + Math.floor(step / 2); at <= statements; at += step) {
      const settings = await emptyDatabase(context);
      const died = await migrate(settings, at);
      if (died.signal === 'SIGKILL') kills += 1;
      const after = await migrate(settings, 0);
      context.require(after.code === 0, `after a kill at statement ${at}: ${after.stderr}`);
      const schema = await schemaOf(settings);
      context.require(schema === wanted, `after a kill at statement ${at} the tables are others`);
    }
    context.note(`killed at ${kills} of ${statements} statements`);
    context.require(kills > 0, 'none was killed');
    return { kills, integrity: 'ok' };
  },
};

async function emptyDatabase({ newDatabase }: Context): Promise<Settings> {
  const { DATA_DIR, DATABASE_URL } = await newDatabase();
  return { dataDir: DATA_DIR!, ...(DATABASE_URL && { databaseUrl: DATABASE_URL }) };
}

const migrate = (settings: Settings, dieAt: number) =>
  program('node', ['dist/test/faults/migrateProcess.js', JSON.stringify({ settings, dieAt })]).finished;

/** All tables, columns and indexes as the database describes them. */
async function schemaOf(settings: Settings): Promise<string> {
  const { db, close } = openDatabase(settings);
  try {
    const described = settings.databaseUrl
      ? await db.raw(`SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
          WHERE table_schema = 'public' UNION ALL
          SELECT tablename, indexname, indexdef, '' FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2`)
      : await db.raw('SELECT name, sql FROM sqlite_master ORDER BY name');
    const applied = await db('migrations').orderBy('id').pluck('name');
    return JSON.stringify([described.rows ?? described, applied]);
  } finally {
    await close();
  }
}
