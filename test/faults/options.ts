import { parseArgs } from 'node:util';
import type { Extent } from './carryOut.js';
import type { Engine } from './scenario.js';

export type Options = {
  extent: Extent;
  /** How long all of it may take, about. */
  minutes: number;
  engines: Engine[];
  /** Only the scenarios of these names. */
  only: string[] | undefined;
};

export function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      long: { type: 'boolean', default: false },
      short: { type: 'boolean', default: false },
      minutes: { type: 'string' },
      sqlite: { type: 'boolean', default: false },
      postgres: { type: 'boolean', default: false },
      only: { type: 'string' },
    },
  });
  const minutes = Number(values.minutes ?? (values.long ? 30 : 8));
  const named = (['sqlite', 'postgres'] as const).filter((engine) => values[engine]);
  return {
    extent: values.short ? 'short' : values.long || minutes >= 20 ? 'long' : 'usual',
    minutes,
    engines: named.length > 0 ? named : ['sqlite', 'postgres'],
    only: values.only?.split(','),
  };
}
