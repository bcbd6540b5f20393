import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { Live } from './http/live.js';
import type { Guard } from './net/guard.js';
import type { Vault } from './vault.js';

/** What the features are built from; `main.ts` and the tests make one each. */
export type Deps = {
  config: Config;
  /** Writes. On SQLite one connection: within a transaction use `tx`, never this. */
  db: Knex;
  /** Long reads, beside the writes. */
  reader: Knex;
  log: Logger;
  /** Milliseconds since 1970. */
  clock: () => number;
  vault: Vault;
  live: Live;
  guard: Guard;
  version: string;
};
