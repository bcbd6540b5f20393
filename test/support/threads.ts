import { pino } from 'pino';
import { type SyncThreads, syncThreads } from '../../src/syncs/threads.js';

/** The threads of every sync in this process: to load a tokenizer for each test would take most of their time. */
export const sharedThreads: SyncThreads = {
  ...syncThreads({ log: pino() }, 8, { idle: 300_000 }),
  end: async () => {},
};
