import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { Invalid } from '../errors.js';
import { eventTypes } from '../webhooks/catalogue.js';

const types: string[] = eventTypes.map(({ type }) => type);

const typesOf = (text = '') => text.split(',').filter(Boolean);

export const pollQuery = z.object({
  after: z.string().max(200).optional().meta({
    description: 'The `nextCursor` of the answer before; without it, from the oldest event that is kept',
  }),
  botId: z
    .string()
    .max(100)
    .optional()
    .meta({ description: 'Without it, the events of all bots that the key sees' }),
  type: z
    .string()
    .max(500)
    .optional()
    .refine(
      (text) => typesOf(text).every((type) => types.includes(type)),
      `A comma list of ${types.join(', ')}`,
    )
    .meta({ description: 'Only these types: a comma list' }),
  limit: z.coerce.number().int().min(1).max(200).default(50).meta({ description: 'How many, at most 200' }),
  wait: z.coerce.number().int().min(0).max(30).default(0).meta({
    description: 'When there is nothing yet, wait for it this many seconds before answering',
  }),
});

export const eventAnswer = z
  .object({
    id: z.string().meta({ description: 'The same whenever it is asked for' }),
    type: z.string(),
    botId: z.string(),
    createdAt: isoTime,
    payload: z.unknown().meta({ description: 'What a webhook of this type gets as its body' }),
  })
  .meta({ id: 'Event' });

export const pollAnswer = z.object({
  data: z.array(eventAnswer).meta({ description: 'Oldest first' }),
  nextCursor: z
    .string()
    .meta({ description: 'What to ask with next; always there, also when `data` is empty' }),
});

/** What `type` and `after` say. Throws `Invalid` for a cursor that is not one of ours. */
export function askedFor({ type, after }: z.infer<typeof pollQuery>): { types: string[]; from: number } {
  if (after === undefined) return { types: typesOf(type), from: 0 };
  const [, seq] = /^event:(\d{1,15})$/.exec(Buffer.from(after, 'base64url').toString('utf8')) ?? [];
  if (seq === undefined) {
    throw new Invalid([
      { path: 'after', message: 'Not a cursor of events: take nextCursor from the answer before' },
    ]);
  }
  return { types: typesOf(type), from: Number(seq) };
}

export const cursorAfter = (seq: number) => Buffer.from(`event:${seq}`).toString('base64url');
