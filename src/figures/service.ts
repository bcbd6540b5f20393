import type { Actor } from '../accounts/actor.js';
import type { Deps } from '../deps.js';
import type { WebhookService } from '../webhooks/service.js';
import type { Counted } from './count.js';
import { type Histogram, put, quantile } from './histogram.js';
import { type Range, ranges, startsOf } from './range.js';
import { type Backlog, type CountedAttempts, figureStore, type Whose } from './store.js';

/** Attempts by outcome, and the durations (ms) that half and 95 % of them did not exceed; null without any. */
export type Tally = Record<Counted, number> & { p50Ms: number | null; p95Ms: number | null };

/** `waiting` and `oldestDueMs` of a point: the most that was seen in its time, looked at once a minute. */
export type Point = Tally & { start: number; waiting: number; oldestDueMs: number };

export type Figures = {
  range: Range;
  stepMs: number;
  total: Tally;
  backlog: Backlog;
  points: Point[];
};

export type FigureService = ReturnType<typeof figureService>;

/** So many deliveries are counted in about a millisecond. */
const many = 10_000;

/** The numbers people look at; all of them are read from counters, however old the database is. */
export function figureService(
  { reader }: Pick<Deps, 'reader'>,
  { webhooks }: { webhooks: Pick<WebhookService, 'seenBy'> },
) {
  const store = figureStore(reader);
  const counted = new Map<string | null, { at: number; backlog: Backlog }>();

  /** What waits now. Counting many takes a while, and a page with figures renews itself often: they are counted once a second. */
  async function backlogOf(whose: Whose, at: number): Promise<Backlog> {
    const key = 'webhookId' in whose ? whose.webhookId : whose.actor.id;
    const before = counted.get(key);
    if (before && Math.abs(at - before.at) < 1_000) return before.backlog;
    const backlog = await store.backlog(whose, at);
    if (backlog.waiting > many) counted.set(key, { at, backlog });
    else counted.delete(key);
    return backlog;
  }

  async function figuresOf(whose: Whose, range: Range, at: number): Promise<Figures> {
    const { span } = ranges[range];
    const starts = startsOf(range, at);
    const [attempts, past, backlog] = await Promise.all([
      store.attempts(whose, span, starts[0]!),
      store.pastBacklog(whose, span, starts[0]!),
      backlogOf(whose, at),
    ]);
    const bySince = new Map(starts.map((start) => [start, [] as CountedAttempts[]]));
    for (const row of attempts) bySince.get(row.since)?.push(row);
    const points = starts.map((start) => ({
      start,
      ...tally(bySince.get(start)!),
      waiting: past.get(start)?.waiting ?? 0,
      oldestDueMs: past.get(start)?.oldestDueMs ?? 0,
    }));
    const now = points.at(-1)!;
    now.waiting = Math.max(now.waiting, backlog.waiting);
    now.oldestDueMs = Math.max(now.oldestDueMs, backlog.oldestDueMs ?? 0);
    return { range, stepMs: span, total: tally([...bySince.values()].flat()), backlog, points };
  }

  return {
    /** Throws as `webhooks.seenBy` does. */
    async ofWebhook(actor: Actor, id: string, range: Range, at: number): Promise<Figures> {
      const webhook = await webhooks.seenBy(actor, id);
      return figuresOf({ webhookId: webhook.id }, range, at);
    },

    /** Of all the webhooks that this user may see. */
    ofAll: (actor: Actor, range: Range, at: number) => figuresOf({ actor }, range, at),

    /** Whether there is anything to look at, in whatever range. */
    hasAny: (whose: Whose) => store.hasAny(whose),
  };
}

function tally(rows: CountedAttempts[]): Tally {
  const counts: Record<Counted, number> = { delivered: 0, retried: 0, failed: 0 };
  const durations: Histogram = new Map();
  for (const { outcome, bucket, attempts } of rows) {
    counts[outcome] += attempts;
    put(durations, bucket, attempts);
  }
  return { ...counts, p50Ms: quantile(durations, 0.5), p95Ms: quantile(durations, 0.95) };
}
