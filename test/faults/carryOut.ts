import { cleaningUp } from '../support/cleanUp.js';
import { newDatabase } from '../support/postgres.js';
import { temporaryFolder } from '../support/processes.js';
import type { Context, Engine, Figures, Scenario } from './scenario.js';

export type Extent = 'short' | 'usual' | 'long';

type Given = {
  engine: Engine;
  extent: Extent;
  patience: number;
  /** The URL of a PostgreSQL, where it is the engine. */
  postgres?: string;
};

export type Outcome = { figures: Figures; wrong: string[]; notes: string[]; seconds: number };

/** Runs a scenario in a place of its own, and says what was not as it must be. */
export async function carryOut(
  { run }: Scenario,
  { engine, extent, patience, postgres }: Given,
): Promise<Outcome> {
  const wrong: string[] = [];
  const notes: string[] = [];
  const began = performance.now();
  const figures = await cleaningUp((later) => {
    const context: Context = {
      engine,
      patience,
      later,
      pick: (short, usual, long) => ({ short, usual, long })[extent],
      require: (isSo, sentence) => void (isSo || wrong.push(sentence)),
      note: (sentence) => void notes.push(sentence),
      newDatabase: async () => ({
        DATA_DIR: temporaryFolder(),
        ...(postgres && { DATABASE_URL: await newDatabase(postgres) }),
      }),
    };
    return run(context);
  }).catch((error: Error) => {
    wrong.push(error.stack ?? error.message);
    return {} as Figures;
  });
  if (figures.lost) wrong.push(`${figures.lost} were lost`);
  if (figures.integrity && figures.integrity !== 'ok') wrong.push(figures.integrity);
  return { figures, wrong, notes, seconds: Math.round((performance.now() - began) / 1000) };
}
