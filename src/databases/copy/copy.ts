import { Conflict } from '../../errors.js';
import { type Columns, sumUp } from './canonical.js';
import { openSource, type Source, type Table } from './source.js';
import { openTarget, type Target } from './target.js';

/** What a table came to, in both databases. */
export type Proof = { table: string; rows: number; checksum: string };

/** Says how far it is, in a line. */
type Say = (line: string) => void;

const aBatch = 500;
const pause = 1_000;

/**
 * Moves all of a SQLite database into an empty PostgreSQL, or goes on with that, and proves it: counts and checksums
 * of every table, read again from both. What was copied and proved before is only compared. Throws `Conflict` for a
 * target that is something else, and where anything differs.
 */
export async function copy(file: string, databaseUrl: string, say: Say): Promise<Proof[]> {
  const source = await openSource(file);
  try {
    const target = await openTarget(databaseUrl);
    try {
      return await copyAll(source, target, say);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyAll(source: Source, target: Target, say: Say): Promise<Proof[]> {
  const { id, migrations } = await source.history();
  const begun = await target.marker.find();
  if (begun && begun.source !== id) throw new Conflict('The target has a copy of another database');
  const used = begun ? null : await target.anyUsed();
  if (used) throw new Conflict(`The target is not empty: there are rows in its table ${used}`);
  if (!begun) await target.marker.begin(id);
  await target.migrate();
  await requireSameVersion(target, migrations);

  const tables = await source.tables();
  const columns = new Map<Table, Columns>();
  for (const table of tables) columns.set(table, await target.columnsOf(table));
  if (begun?.isDone) say('It was copied before: nothing is written, both are compared');
  else for (const [table, types] of columns) await copyTable(source, target, table, types, say);

  const proofs = [];
  for (const [table, types] of columns) proofs.push(await compare(source, target, table, types, say));
  const wrong = proofs.filter(({ isSame }) => !isSame);
  if (wrong.length > 0) throw new Conflict(inWords(wrong));
  await target.marker.finish(id);
  return proofs.map(({ table, here }) => ({ table, ...here }));
}

async function requireSameVersion(target: Target, migrations: string[]): Promise<void> {
  const known = await target.migrations();
  if (JSON.stringify([...migrations].sort()) === JSON.stringify([...known].sort())) return;
  throw new Conflict(
    'The SQLite database is of another version of Hookbell: start this version on it once, stop it, and copy again',
  );
}

async function copyTable(
  source: Source,
  target: Target,
  table: Table,
  columns: Columns,
  say: Say,
): Promise<void> {
  const count = await source.count(table);
  let progress = await target.marker.progress(table.name);
  if (progress.isDone) return say(`${table.name}: copied before`);
  const told = () =>
    say(`${table.name}: ${progress.rows.toLocaleString('en')} of ${count.toLocaleString('en')}`);
  told();
  let next = performance.now() + pause;
  for await (const batch of source.batches(table, aBatch, progress.after)) {
    const after = table.key.map((column) => batch.at(-1)![column]);
    progress = { after, rows: progress.rows + batch.length, isDone: false };
    await target.write(table, columns, batch, progress);
    if (performance.now() < next) continue;
    told();
    next = performance.now() + pause;
  }
  await target.goOnCounting(table, source);
  await target.analyze(table);
  await target.marker.note(table.name, { ...progress, isDone: true });
  if (progress.rows > 0) told();
}

async function compare(source: Source, target: Target, table: Table, columns: Columns, say: Say) {
  say(`${table.name}: comparing`);
  const [here, there] = await Promise.all([
    sumUp(columns, source.batches(table, aBatch)),
    sumUp(columns, target.batches(table, columns, aBatch)),
  ]);
  return {
    table: table.name,
    here,
    there,
    isSame: here.rows === there.rows && here.checksum === there.checksum,
  };
}

type Compared = Awaited<ReturnType<typeof compare>>;

function inWords(wrong: Compared[]): string {
  const lines = wrong.map(
    ({ table, here, there }) =>
      `${table}: ${here.rows} rows ${here.checksum} in SQLite, ${there.rows} rows ${there.checksum} in PostgreSQL`,
  );
  return [
    'The copy is not the same as what was copied:',
    ...lines,
    'One of them was written to meanwhile. Stop Hookbell, make the target anew and copy again.',
  ].join('\n');
}
