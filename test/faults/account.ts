import { setTimeout as pause } from 'node:timers/promises';
import { isPostgres } from '../../src/records.js';
import type { House } from './house.js';
import type { Figures } from './scenario.js';

/** After this (ms) what has not arrived is lost. */
const patience = 90_000;

/** Waits until all that was acknowledged has arrived, stops the server and adds up. */
export async function addUp(
  house: House,
  acknowledged: ReadonlyMap<string, number>,
): Promise<Required<Omit<Figures, 'kills'>>> {
  const until = Date.now() + patience;
  while ((await house.ledger.taken()) < acknowledged.size && Date.now() < until) await pause(50);
  let missing = await missingOf(house, acknowledged);
  while (missing.size > 0 && Date.now() < until) {
    await pause(250);
    missing = await missingOf(house, acknowledged);
  }
  await house.terminate();
  const { entries } = await house.ledger.account();
  const of = new Map(entries.map((entry) => [entry.event, entry]));
  const waits = [...acknowledged].map(([event, at]) => (of.get(event)?.at ?? Date.now()) - at);
  return {
    acknowledged: acknowledged.size,
    delivered: acknowledged.size - missing.size,
    lost: missing.size,
    duplicated: entries.reduce((sum, { times }) => sum + times - 1, 0),
    stall: waits.reduce((most, wait) => Math.max(most, wait), 0) / 1000,
    integrity: await integrityOf(house, entries.filter(({ ids }) => ids.length > 1).length),
  };
}

async function missingOf(house: House, acknowledged: ReadonlyMap<string, number>): Promise<Set<string>> {
  const { entries } = await house.ledger.account();
  const taken = new Set(entries.filter((entry) => entry.taken).map(({ event }) => event));
  return new Set([...acknowledged.keys()].filter((event) => !taken.has(event)));
}

/** `ok`, or what is wrong: by the database's own check where it has one, and by ours. Nothing may be under way. */
export function integrityOf(house: House, eventsWithTwoIds = 0): Promise<string> {
  return house.look(async ({ db }) => {
    const wrong: string[] = [];
    if (!isPostgres(db)) {
      const [{ integrity_check: answer }] = await db.raw('PRAGMA integrity_check');
      if (answer !== 'ok') wrong.push(answer);
      const loose = await db.raw('PRAGMA foreign_key_check');
      if (loose.length > 0) wrong.push(`${loose.length} rows refer to nothing`);
    }
    if (eventsWithTwoIds > 0) wrong.push(`${eventsWithTwoIds} events came with two ids`);
    const odd = await db('deliveries')
      .leftJoin('attempts', 'attempts.delivery_seq', 'deliveries.seq')
      .groupBy('deliveries.seq', 'deliveries.attempts')
      .havingRaw(
        'count(DISTINCT attempts.attempt) <> deliveries.attempts OR count(attempts.id) <> deliveries.attempts',
      )
      .select('deliveries.seq');
    if (odd.length > 0) wrong.push(`${odd.length} deliveries count other attempts than were recorded`);
    const orphans = await db('deliveries')
      .leftJoin('events', 'events.seq', 'deliveries.event_seq')
      .whereNull('events.seq')
      .select('deliveries.seq');
    if (orphans.length > 0) wrong.push(`${orphans.length} deliveries have no event`);
    return wrong.join('; ') || 'ok';
  });
}
