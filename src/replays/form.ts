import { z } from 'zod';
import { emptyForm, type FormState, fields } from '../http/form.js';
import { fieldErrors } from '../http/problem.js';
import { replayableStatuses } from './selection.js';
import type { Order } from './service.js';

/** What a field of type datetime-local sends; read as UTC, as the form says. */
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/, { error: 'A date and a time', abort: true })
  .transform((text) => Date.parse(`${text}Z`))
  .refine((ms) => !Number.isNaN(ms), { error: 'There is no such time', abort: true });

const noLimit = 'none';
const speeds = ['1', '10', '100', noLimit] as const;

const order = z.object({
  since: moment,
  until: moment.optional().transform((ms) => ms ?? null),
  status: z.enum(replayableStatuses).default('failed'),
  perSecond: z
    .enum(speeds)
    .default('10')
    .transform((speed) => (speed === noLimit ? null : Number(speed))),
});

const botOrder = order.extend({ types: z.array(z.string()).min(1, 'Tick at least one') });
export type BotOrder = Order & { types: string[] };

/** A range that lies in the past and holds something. */
const sound = <T extends Order>(schema: z.ZodType<T>, at: number) =>
  schema
    .refine(({ since }) => since <= at, { path: ['since'], message: 'This lies in the future' })
    .refine(({ since, until }) => until === null || until > since, {
      path: ['until'],
      message: 'This must come after “Since”',
    });

/** Throw a `ZodError` by the fields of the form. */
export const orderOfForm = (input: object, at: number): Order => sound(order, at).parse(fields(input));
export const botOrderOfForm = (input: object, at: number): BotOrder =>
  sound(botOrder, at).parse(withTypes(input));

/** What a link or form asked a preview of: the order, or what is wrong with it. */
export const askedFor = (query: object, at: number) => asked(sound(order, at), fields(query));
export const askedForBot = (query: object, at: number) => asked(sound(botOrder, at), withTypes(query));

function asked<T>(
  schema: z.ZodType<T>,
  values: Record<string, unknown>,
): { form: FormState; order: T | null } {
  const { success, data, error } = schema.safeParse(values);
  if (success) return { form: emptyForm(values), order: data };
  const errors = Object.fromEntries(fieldErrors(error).map(({ path, message }) => [path, message]));
  return { form: { values, errors, problem: 'Please correct the marked fields.' }, order: null };
}

/** One box that is ticked comes as text, none not at all. */
function withTypes(input: object): Record<string, unknown> {
  const values = fields(input);
  return { ...values, types: [values.types ?? []].flat() };
}

/** 2026-11-22T09:30:00 (UTC), as fields of type datetime-local have it. */
const asMoment = (ms: number) => new Date(ms).toISOString().slice(0, 19);

const hour = 3_600_000;

export const blankForm = (at: number): FormState =>
  emptyForm({ since: asMoment(at - hour), status: 'failed', perSecond: '10' });

/** What the form offers. `failedSince`: when the first that was given up in this outage was created, if one was. */
export const choices = (at: number, failedSince: number | null = null) => ({
  now: asMoment(at).replace('T', ' '),
  presets: [
    { name: 'last hour', since: asMoment(at - hour) },
    { name: 'last 24 hours', since: asMoment(at - 24 * hour) },
    ...(failedSince === null ? [] : [{ name: 'since it began to fail', since: asMoment(failedSince) }]),
  ],
  statuses: [
    ['failed', 'failed'],
    ['delivered', 'delivered'],
    ['finished', 'failed or delivered'],
  ],
  speeds: speeds.map((speed) => [speed, speed === noLimit ? 'no limit' : `${speed} a second`]),
});

/** How long it takes to put `count` back, in ms; null without a throttle. */
export const lasts = (count: number, { perSecond }: Order): number | null =>
  perSecond === null ? null : Math.ceil(count / perSecond) * 1_000;
