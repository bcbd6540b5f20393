import { parseArgs } from 'node:util';

export type Options = {
  /** How often everything is measured; the median counts. */
  rounds: number;
  /** How many are delivered in a round. */
  deliveries: number;
  /** The backlog with which memory is measured. */
  waiting: number;
  /** Only the contestants with this in their name. */
  only: string | undefined;
  /** A folder for the CPU profiles of the contestants. */
  profile: string | undefined;
};

export function optionsOf(args: string[]): { names: string[]; options: Options } {
  const { positionals, values } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      deliveries: { type: 'string', default: '10000' },
      waiting: { type: 'string', default: '1000000' },
      only: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  const { rounds, deliveries, waiting, only, profile } = values;
  return {
    names: positionals,
    options: {
      rounds: Number(rounds),
      deliveries: Number(deliveries),
      waiting: Number(waiting),
      only,
      profile,
    },
  };
}
