import { formatDuration } from 'date-fns/formatDuration';
import { intervalToDuration } from 'date-fns/intervalToDuration';
import type { Knex } from 'knex';
import { hookbell } from '../accounts/actor.js';
import { hasten } from '../outbox/hasten.js';
import { healthStore } from '../webhooks/healthStore.js';
import type { Standing } from '../webhooks/standing.js';
import type { StandingChange } from '../webhooks/standingMail.js';
import type { Target } from '../webhooks/target.js';
import type { Outcome } from './outcome.js';
import { probeWait } from './probe.js';

export type Told = { target: Target; outcome: Outcome; startedAt: number };

/** What changed with these attempts: to be told when they are settled. */
export type Turn = StandingChange[];

export const idsOf = (turn: Turn, ...states: StandingChange['state'][]) =>
  turn.filter(({ state }) => states.includes(state)).map(({ webhook }) => webhook.id);

type Failure = Exclude<Outcome, { kind: 'delivered' }>;

/**
 * What attempts teach about their webhooks: healthy, failing, after `pauseAfter` ms of nothing but failures paused,
 * and resumed when a try succeeds. A webhook that answered 410 is disabled.
 */
export function healthWatch({ pauseAfter }: { pauseAfter: number }, standing: Standing) {
  const pauseReason = `Nothing but failures for ${inWords(pauseAfter)}`;

  /** Notes these attempts, the latest last. */
  async function note(tx: Knex.Transaction, told: Told[], at: number): Promise<Turn> {
    const histories = byWebhook(told);
    const resumed = await noteSuccesses(tx, histories, at);
    const failed: string[] = [];
    const disabled: Turn = [];
    for (const [id, history] of histories) {
      const streak = failuresAtTheEnd(history);
      if (streak.length === 0) continue;
      failed.push(id);
      await noteFailures(tx, streak, at);
    }
    for (const { target, outcome } of told) {
      if (outcome.kind === 'gone') disabled.push(...(await disable(tx, target, outcome.reason, at)));
    }
    return [...resumed, ...disabled, ...(await pauseWhatOnlyFails(tx, failed, at))];
  }

  async function noteSuccesses(
    tx: Knex.Transaction,
    histories: Map<string, Told[]>,
    at: number,
  ): Promise<Turn> {
    const well = [...histories].filter(([, all]) => all.some(({ outcome }) => outcome.kind === 'delivered'));
    if (well.length === 0) return [];
    const store = healthStore(tx);
    const ids = await store.unwell(well.map(([id]) => id));
    if (ids.length === 0) return [];
    const resumed = await store.resumeRecovered(ids, at);
    for (const webhook of await store.healthy(ids)) standing.wavered(tx, 'healthy', webhook);
    const reason = 'The receiver took a delivery again';
    return resumed.map((webhook) => ({ state: 'resumed', webhook, reason }));
  }

  async function noteFailures(
    tx: Knex.Transaction,
    streak: { told: Told; outcome: Failure }[],
    at: number,
  ): Promise<void> {
    const store = healthStore(tx);
    const [first, last] = [streak[0]!, streak.at(-1)!];
    const { target } = last.told;
    const begun = await store.failing(target.id, first.told.startedAt, last.outcome.reason);
    if (begun) standing.wavered(tx, 'failing', target);
    const probe = streak.find(({ told, outcome }) => told.target.probe && outcome.kind === 'retry');
    if (!probe) return;
    const { before } = probe.told.target.probe!;
    const notBefore = probe.outcome.kind === 'retry' ? (probe.outcome.notBefore ?? 0) : 0;
    const nextAt = Math.max(at + probeWait(pauseAfter, before + 1), notBefore);
    await store.probed(target.id, nextAt, before + 1);
  }

  async function disable(tx: Knex, target: Target, reason: string, at: number): Promise<Turn> {
    const webhook = await healthStore(tx).disable(target.id, reason, at);
    return webhook ? [{ state: 'disabled', webhook, reason }] : [];
  }

  async function pauseWhatOnlyFails(tx: Knex, failed: string[], at: number): Promise<Turn> {
    if (failed.length === 0) return [];
    const pause = { reason: pauseReason, at, probeAt: at + probeWait(pauseAfter, 0) };
    const paused = await healthStore(tx).pauseFailing(failed, at - pauseAfter, pause);
    return paused.map((webhook) => ({
      state: 'paused',
      webhook,
      reason: pauseReason,
      lastError: webhook.lastError,
      probeAt: pause.probeAt,
    }));
  }

  return {
    note,

    /** Once the attempts are settled: no wait of the schedule counts any more for what was paused or resumed. */
    async conclude(tx: Knex.Transaction, turn: Turn, at: number): Promise<void> {
      for (const id of idsOf(turn, 'paused', 'resumed')) await hasten(tx, id, at);
      for (const change of turn) await standing.changed(tx, change, hookbell, at);
    },
  };
}

function byWebhook(told: Told[]): Map<string, Told[]> {
  const histories = new Map<string, Told[]>();
  for (const one of told) {
    const history = histories.get(one.target.id);
    if (history) history.push(one);
    else histories.set(one.target.id, [one]);
  }
  return histories;
}

function failuresAtTheEnd(history: Told[]): { told: Told; outcome: Failure }[] {
  const lastSuccess = history.findLastIndex(({ outcome }) => outcome.kind === 'delivered');
  return history
    .slice(lastSuccess + 1)
    .flatMap((told) => (told.outcome.kind === 'delivered' ? [] : [{ told, outcome: told.outcome }]));
}

/** `5 days`, `1 hour 30 minutes`. */
const inWords = (ms: number) => formatDuration(intervalToDuration({ start: 0, end: ms }));
