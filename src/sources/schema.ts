import { z } from 'zod';
import { isoTime } from '../api/paging.js';
import { syncAnswer } from '../syncs/schema.js';
import { connectors } from './connectors/registry.js';
import { schedule } from './schedule.js';

export const types = [...connectors.keys()];

const name = z.string('Missing').trim().min(1, 'Missing').max(100, 'At most 100 characters');

export const usualMaxFailedPercent = 10;

const percent = z
  .int('Takes a whole number from 0 to 100')
  .min(0, 'At least 0')
  .max(100, 'At most 100')
  .meta({
    description:
      'A sync fails, and changes nothing, when more than this share of its rows cannot be read. One row alone never ' +
      'fails it, unless it is the only one or this is 0',
  });

const common = {
  name: name.meta({ description: 'Shown to people and in every event' }),
  schedule: schedule.default(null),
  enabled: z.boolean().default(true).meta({ description: 'false: neither scheduled nor triggered' }),
  maxFailedPercent: percent.default(usualMaxFailedPercent),
};

type Fields = z.ZodObject<{ type: z.ZodLiteral<string>; config: z.ZodType } & typeof common>;

/** A config in which nothing is required may be left out. */
const configOf = (type: string) => {
  const { config } = connectors.get(type)!;
  return config.safeParse({}).success ? config.prefault({}) : config;
};

const byType = types.map((type) =>
  z.strictObject({ ...common, type: z.literal(type), config: configOf(type) }),
) as unknown as [Fields, ...Fields[]];

export const newSource = z.discriminatedUnion('type', byType, {
  error: (issue) => (issue.code === 'invalid_union' ? `Takes one of ${types.join(', ')}` : undefined),
});
type Complete = z.infer<typeof newSource>;
export type NewSource = Omit<Complete, 'maxFailedPercent'> & Partial<Pick<Complete, 'maxFailedPercent'>>;

/** Every field may be left out, and none has a default. `config` is the whole config: what it leaves out is unset. */
export const sourceChanges = z.strictObject({
  name: name.optional(),
  type: z.string().optional().meta({ description: 'Cannot be changed' }),
  config: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'The whole config; a secret that is sent back masked stays as it is' }),
  schedule: schedule.optional(),
  enabled: z.boolean().optional(),
  maxFailedPercent: percent.optional(),
});
export type SourceChanges = z.infer<typeof sourceChanges>;

export const sourceStatus = z.enum(['new', 'queued', 'syncing', 'synced', 'failed']);
export type SourceStatus = z.infer<typeof sourceStatus>;

export const sourceAnswer = z
  .object({
    id: z.uuid(),
    botId: z.uuid(),
    name: z.string(),
    type: z.enum(types as [string, ...string[]]),
    config: z.record(z.string(), z.unknown()).meta({ description: 'Secrets in it are masked' }),
    schedule: z.string().nullable(),
    enabled: z.boolean(),
    maxFailedPercent: percent,
    status: sourceStatus,
    lastSync: syncAnswer.nullable(),
    nextSyncAt: isoTime.nullable().meta({ description: 'By its schedule' }),
    rows: z.int(),
    documents: z.int(),
    storageTokens: z.int(),
    createdAt: isoTime,
    updatedAt: isoTime,
  })
  .meta({ id: 'DataSource' });

export const syncedAllAnswer = z
  .object({
    data: z.array(syncAnswer).meta({ description: 'The syncs; one that was queued already is among them' }),
    skipped: z.array(z.object({ dataSourceId: z.uuid(), name: z.string(), reason: z.string() })).meta({
      description: 'Those that cannot be synced now: disabled, or made of files of which there are none',
    }),
  })
  .meta({ id: 'SyncedAll' });

export const fileAnswer = z
  .object({ id: z.uuid(), name: z.string(), bytes: z.int(), createdAt: isoTime })
  .meta({ id: 'File' });
