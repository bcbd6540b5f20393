import { givenArgs, tellParent, whenTold } from './support/child.js';

/** A program whose clock can be set: begins to tell, second by second, what its clock says. */
const RealDate = Date;
let ahead = 0;
globalThis.Date = class extends RealDate {
  constructor(...args: [] | [number]) {
    if (args.length === 0) super(RealDate.now() + ahead);
    else super(...args);
  }
  static override now = () => RealDate.now() + ahead;
} as DateConstructor;

const { every } = givenArgs<{ every: string }>();
const { pino } = await import('pino');
const { background } = await import('../src/schedule.js');
const work = background(
  { log: pino({ enabled: false }), clock: Date.now },
  [{ name: 'tick', every, run: async (at) => tellParent({ at }) }],
  { inTurn: async (_name, work) => void (await work()) },
);
work.start();
whenTold(({ by }: { by: number }) => {
  ahead += by;
}, work.stop);
