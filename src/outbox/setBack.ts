import type { Knex } from 'knex';

/** In ms: more than timers, slewing and the clocks of several machines explain. */
const tolerance = { running: 1_000, starting: 60_000 };
/** The longest lease there can be: an hour's attempt, and what it lasts longer. In ms. */
const longestLease = 3_700_000;

/** Minds whether the clock is set back between two looks at it; `at` is its time in ms. */
export function setBackWatch(monotonic: () => number = () => performance.now()) {
  let offset = Number.NEGATIVE_INFINITY;
  let askings = 0;

  function look(at: number): void {
    const before = offset;
    offset = at - monotonic();
    if (offset < before - tolerance.running) askings = 3;
  }

  return {
    look,
    /** Whether it was lately: what was timed before may still be on its way into the database when this is asked. */
    wasSetBack(at: number): boolean {
      look(at);
      return askings-- > 0;
    },
  };
}

/** Whether something was written at a time that is still to come, when nobody watched. */
export async function isWrittenLater(connection: Knex, at: number): Promise<boolean> {
  const event = await connection('events').orderBy('seq', 'desc').first('created_at');
  const attempt = await connection('attempts').orderBy('id', 'desc').first('started_at');
  const latest = Math.max(Number(event?.created_at ?? 0), Number(attempt?.started_at ?? 0));
  return latest > at + tolerance.starting;
}

/** The clock was set back: what was to wait from a time that is still to come is due now, and waits no day longer. */
export async function bringForward(connection: Knex, at: number): Promise<void> {
  await connection('deliveries')
    .whereRaw("status = 'pending'")
    .where('next_attempt_at', '>', at)
    .where((since) =>
      since
        .where('created_at', '>', at)
        .orWhereRaw(
          '(SELECT max(started_at) FROM attempts WHERE attempts.delivery_seq = deliveries.seq) > ?',
          [at],
        ),
    )
    .update({ next_attempt_at: at });
  await connection('deliveries')
    .whereRaw("status = 'sending'")
    .where('lease_until', '>', at + longestLease)
    .update({ status: 'pending', next_attempt_at: at, lease_token: null, lease_until: null });
}
