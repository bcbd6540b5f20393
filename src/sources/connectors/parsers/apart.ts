import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';

export type Format = 'pdf' | 'docx';

/** What was read, or why it could not be: words that go on after the name of the file. */
export type Outcome =
  | { kind: 'read'; title: string | null; text: string }
  | { kind: 'unreadable'; reason: string };

export type Apart = ReturnType<typeof apart>;

/** The work that a thread is given. */
export type Task = { path: string; format: Format; megabytes: number };

/** What one file may take: so much time, so much memory for objects, and as much again for bytes. */
const most = { milliseconds: 120_000, megabytes: 384 };

/**
 * Reads files in a thread of their own, one at a time: what is made to take all time or all memory takes nothing but
 * itself along. Has to be ended; when the signal aborts, what is being read is given up.
 */
export function apart(limits = most, given?: AbortSignal) {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./thread.js', import.meta.url)),
    minThreads: 0,
    maxThreads: 1,
    // Its parsers are loaded once, however long what lies between two files takes.
    idleTimeout: limits.milliseconds,
    resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, maxYoungGenerationSizeMb: 16 },
  });
  return {
    async read(path: string, format: Format): Promise<Outcome> {
      const overdue = AbortSignal.timeout(limits.milliseconds);
      const signal = given ? AbortSignal.any([overdue, given]) : overdue;
      try {
        const task: Task = { path, format, megabytes: limits.megabytes };
        return (await pool.run(task, { name: 'read', signal })) as Outcome;
      } catch (error) {
        if (overdue.aborted)
          return unreadable(`takes more than ${limits.milliseconds / 1000} seconds to read: divide it`);
        if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY')
          return unreadable(tooMuchMemory);
        throw error;
      }
    },
    end: () => pool.destroy(),
  };
}

export const tooMuchMemory = 'needs more memory than one file may: divide it';

export const unreadable = (reason: string): Outcome => ({ kind: 'unreadable', reason });
