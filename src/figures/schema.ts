import { z } from 'zod';
import { iso, isoTime } from '../api/paging.js';
import type { Figures } from './service.js';

const count = z.int().min(0);
const quantileMs = z.int().nullable().meta({ description: 'ms, within 10 %; null without any attempt' });

const tally = {
  delivered: count.meta({ description: 'Attempts that arrived' }),
  retried: count.meta({ description: 'Attempts that failed and are tried again' }),
  failed: count.meta({ description: 'Attempts that failed and were the last of their delivery' }),
  p50Ms: quantileMs,
  p95Ms: quantileMs,
};

export const figuresAnswer = z
  .object({
    range: z.enum(['24h', '7d', '30d']),
    stepMs: z.int().meta({ description: 'The width of a point' }),
    total: z.object(tally),
    backlog: z
      .object({
        waiting: count,
        oldestDueMs: count
          .nullable()
          .meta({ description: 'How long the delivery that is due the longest has been due; null: none is' }),
      })
      .meta({ description: 'At this moment' }),
    points: z.array(
      z.object({
        start: isoTime,
        ...tally,
        waiting: count.meta({ description: 'The most that was seen waiting; looked at once a minute' }),
        oldestDueMs: count.meta({ description: 'The longest that one was seen due' }),
      }),
    ),
  })
  .meta({ id: 'Figures' });

export const showFigures = (figures: Figures) => ({
  ...figures,
  points: figures.points.map((point) => ({ ...point, start: iso(point.start) })),
});
