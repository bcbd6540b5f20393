import { besideOneThatHangs } from './beside.js';
import { flatness } from './flat.js';
import { syncOfCsv } from './syncs.js';
import { visitorsAtOnce } from './visitors.js';

const benches = { beside: besideOneThatHangs, flat: flatness, sync: syncOfCsv, visitors: visitorsAtOnce };
type Name = keyof typeof benches;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(1);
}
for (const name of (asked.length ? asked : Object.keys(benches)) as Name[]) {
  console.log(name, await benches[name]());
}
process.exit();
