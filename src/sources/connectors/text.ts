import { z } from 'zod';
import type { Connector, Item } from './connector.js';

const config = z.strictObject({
  entries: z
    .array(
      z.strictObject({
        title: z.string().trim().min(1, 'must not be empty').max(300),
        text: z.string().trim().min(1, 'must not be empty').max(1_000_000),
      }),
    )
    .min(1, 'must have at least one entry')
    .max(10_000),
});

type Config = z.output<typeof config>;

/** A row is an entry as it was typed in. */
export const text: Connector<Config> = {
  type: 'text',
  config,
  async *read({ entries }, { expect }): AsyncGenerator<Item> {
    expect(entries.length);
    for (const { title, text } of entries) yield { kind: 'row', row: { title, text, url: null } };
  },
};
