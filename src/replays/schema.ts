import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { replayableStatuses } from './selection.js';
import type { Order, Wanted } from './service.js';

const moment = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'A time with its zone, such as 2026-11-22T09:30:00Z' })
    .meta({ description });

const status = z
  .enum(
    replayableStatuses,
    'One of failed, delivered, finished (both): what is pending or sending is on its schedule already',
  )
  .default('failed');

const which = {
  since: moment('Deliveries created at or after this'),
  until: moment('And before this; up to now when left out').optional(),
  status,
};

const perSecond = z
  .int('A whole number')
  .min(1, 'At least 1')
  .max(1000, 'At most 1,000; null for no limit')
  .nullable()
  .default(10)
  .meta({ description: 'How many are put back on the schedule each second; null: as fast as it goes' });

export const replayOrder = z.strictObject({ ...which, perSecond });
export const replayQuery = z.strictObject(which);

export const wantedFrom = ({ since, until, status }: z.infer<typeof replayQuery>): Wanted => ({
  since: Date.parse(since),
  until: until === undefined ? null : Date.parse(until),
  status,
});

export const orderFrom = (body: z.infer<typeof replayOrder>): Order => ({
  ...wantedFrom(body),
  perSecond: body.perSecond,
});

export const count = z.object({ count: z.int() });

export const replayAnswer = z
  .object({
    id: z.string(),
    webhookId: z.string(),
    since: isoTime,
    until: isoTime.nullable(),
    status: z.enum(replayableStatuses),
    perSecond: z.int().nullable(),
    state: z.enum(['running', 'done', 'cancelled']),
    progress: z
      .object({ done: z.int(), total: z.int() })
      .meta({ description: 'How many were put back on the schedule, of how many there were at the start' }),
    createdBy: z.string(),
    createdAt: isoTime,
    finishedAt: isoTime.nullable(),
  })
  .meta({ id: 'Replay' });
