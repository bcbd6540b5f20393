import { z } from 'zod';

export const hour = 3_600_000;
const day = 24 * hour;

/** What people may look at: so many points, each of so many ms, the last of them not over yet. */
export const ranges = {
  '24h': { span: hour, points: 24, words: 'last 24 hours', short: '24 hours', each: 'each hour' },
  '7d': { span: 6 * hour, points: 28, words: 'last 7 days', short: '7 days', each: 'each six hours' },
  '30d': { span: day, points: 30, words: 'last 30 days', short: '30 days', each: 'each day' },
} as const;

export type Range = keyof typeof ranges;

export const range = z
  .enum(['24h', '7d', '30d'], 'One of 24h, 7d, 30d')
  .default('24h')
  .meta({ description: 'By the hour, by six hours, or by the day (UTC)' });

export const rangeQuery = z.object({ range });

/** Every width a counter is kept in, each of whole hours: a chart reads one row for one point, however far it looks back. */
export const spans = Object.values(ranges).map(({ span }) => span);

export const startOf = (at: number, span: number) => at - (at % span);

/** The starts of the points of a range, the oldest first. */
export function startsOf(shown: Range, at: number): number[] {
  const { span, points } = ranges[shown];
  const latest = startOf(at, span);
  return Array.from({ length: points }, (_, index) => latest - (points - 1 - index) * span);
}
