import { z } from 'zod';
import { kinds } from '../kinds.js';

const types = kinds.filter(({ preview }) => preview !== undefined).map(({ type }) => type);

export const previewRequest = z.strictObject({
  type: z.enum(types, `Takes one of ${types.join(', ')}`),
  config: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({ description: 'As in creating a data source of this type' }),
  dataSourceId: z.uuid().optional().meta({
    description:
      'Of a data source of this bot: a secret that is sent masked is the stored one, and its uploads are read',
  }),
});
export type PreviewRequest = z.infer<typeof previewRequest>;

const problem = z.object({ key: z.string(), reason: z.string() });
export type Problem = z.infer<typeof problem>;

export const previewAnswer = z
  .object({
    rows: z
      .array(
        z.object({
          title: z.string(),
          key: z.string().nullable().meta({ description: 'null: the row is known by its content' }),
          url: z.string().nullable(),
          file: z.string().optional().meta({ description: 'The uploaded file that it is the first row of' }),
          text: z.string().meta({ description: 'Its first 300 characters' }),
          characters: z.int().meta({ description: 'Of the whole text' }),
        }),
      )
      .meta({
        description:
          'The first rows, at most 5; with the type “files”, the first row of each, of at most 20 files',
      }),
    problems: z.array(problem).meta({ description: 'Rows that would fail, at most 10' }),
    remarks: z.array(z.string()).meta({ description: 'What is probably not meant, as sentences' }),
    rowsRead: z.int().meta({
      description: 'How many rows were looked at, at most 200; with the type “files”, how many files',
    }),
    rowsExpected: z.int().nullable().meta({ description: 'How many there seem to be, where that is known' }),
    complete: z.boolean().meta({ description: 'There are no others' }),
    reason: z.string().nullable().meta({
      description: 'Why it cannot be read, or not further than these rows; null if nothing went wrong',
    }),
    addresses: z
      .object({
        matched: z.int(),
        leftOut: z.int(),
        data: z.array(
          z.object({
            address: z.string(),
            matches: z.boolean(),
            why: z.string().nullable().meta({ description: 'By which glob, or what is against it' }),
          }),
        ),
      })
      .nullable()
      .meta({
        description: 'For a website: what its sitemap or its first pages lead to; at most 200 are listed',
      }),
  })
  .meta({ id: 'Preview' });
