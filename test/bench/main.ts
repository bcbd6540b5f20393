import { cleanUpNow } from '../support/cleanUp.js';
import { inOneLine, load, machine } from '../support/machine.js';
import { besideOneThatHangs } from './beside.js';
import { pagesWhileItDelivers } from './busy.js';
import { deliveryThroughput } from './delivery.js';
import { flatness } from './flat.js';
import { deliveryLatency } from './latency.js';
import { type Options, optionsOf } from './options.js';
import { record } from './record.js';
import { print, type Report } from './report.js';
import { scaleCurve } from './scale.js';
import { startToReady } from './start.js';
import { syncOfCsv } from './syncs.js';
import { triggerHook } from './trigger.js';
import { visitorsAtOnce } from './visitors.js';

const benches: Record<string, (options: Options) => Promise<Report>> = {
  delivery: deliveryThroughput,
  scale: scaleCurve,
  latency: deliveryLatency,
  trigger: triggerHook,
  start: startToReady,
  sync: syncOfCsv,
  beside: besideOneThatHangs,
  busy: pagesWhileItDelivers,
  flat: flatness,
  visitors: visitorsAtOnce,
};

const { names, options } = optionsOf(process.argv.slice(2));
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(1);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => cleanUpNow().finally(() => process.exit(1)));

console.log(inOneLine(machine()));
const asked = names.length ? names : Object.keys(benches);
try {
  for (const name of asked) {
    const before = { date: new Date().toISOString(), load: load(), machine: machine() };
    const report = await benches[name]!(options);
    print(`${name} (load before: ${before.load})`, report);
    const isWhole = !options.only && !options.profile;
    if (isWhole) record(name, { ...before, ...report });
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
await cleanUpNow();
process.exit();
