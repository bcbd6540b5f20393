import { cleanUpNow } from '../support/cleanUp.js';
import { inOneLine, load, machine } from '../support/machine.js';
import { startPostgres } from '../support/postgres.js';
import { freePort } from '../support/processes.js';
import { carryOut } from './carryOut.js';
import { optionsOf } from './options.js';
import { record } from './record.js';
import { print, type Row, rowOf } from './report.js';
import { scenarios } from './scenarios.js';

const { extent, minutes, engines, only } = optionsOf(process.argv.slice(2));
const unknown = (only ?? []).filter((name) => !(name in scenarios));
if (unknown.length > 0) {
  console.error(`There is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}`);
  process.exit(1);
}
let postgres: Awaited<ReturnType<typeof startPostgres>> | null = null;
const end = async (code: number) => {
  await cleanUpNow();
  await postgres?.stop();
  process.exit(code);
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(1));

console.log(`${inOneLine(machine())}, load ${load()}`);
/** What can be repeated for as long as one likes has a third of the time. */
const patience = (minutes * 60_000) / 3 / engines.length;
const rows: Row[] = [];
for (const engine of engines) {
  if (engine === 'postgres') postgres = await startPostgres(Number(await freePort()));
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (!scenario.engines.includes(engine) || (only && !only.includes(name))) continue;
    const given = { engine, extent, patience, ...(engine === 'postgres' && { postgres: postgres!.url }) };
    const before = { date: new Date().toISOString(), load: load(), machine: machine() };
    const row = rowOf(scenario, engine, await carryOut(scenario, given));
    print(row);
    rows.push(row);
    if (extent !== 'short') record({ ...row, ...before });
  }
}
console.table(Object.fromEntries(rows.map(({ name, figures }) => [name, figures])));
const wrong = rows.filter((row) => row.wrong.length > 0).length;
console.log(wrong === 0 ? 'All as it must be.' : `${wrong} of ${rows.length} were not as they must be.`);
await end(wrong === 0 ? 0 : 1);
