import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Actor } from '../../src/accounts/actor.js';
import { botService } from '../../src/bots/service.js';
import { readConfig } from '../../src/config.js';
import { openDatabase } from '../../src/database.js';
import type { Deps } from '../../src/deps.js';
import { createLive } from '../../src/http/live.js';
import { knowledgeSearch } from '../../src/knowledge/search.js';
import { createGuard } from '../../src/net/guard.js';
import { createOutbox } from '../../src/outbox/append.js';
import { fileService } from '../../src/sources/files.js';
import { purging } from '../../src/sources/purge.js';
import { newSource } from '../../src/sources/schema.js';
import { type Source, sourceService } from '../../src/sources/service.js';
import { syncRunner } from '../../src/syncs/runner.js';
import { syncService } from '../../src/syncs/service.js';
import type { Sync } from '../../src/syncs/store.js';
import { syncThreads } from '../../src/syncs/threads.js';
import { createVault } from '../../src/vault.js';
import { webhookStore } from '../../src/webhooks/store.js';
import { databaseFor, dropDatabaseOf } from '../support/engine.js';
import { eventually } from '../support/eventually.js';
import { sharedThreads } from '../support/threads.js';

export const ada: Actor & { id: string } = {
  id: 'ada',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'admin',
};

export type Ground = Awaited<ReturnType<typeof ground>>;

type Options = { env?: Record<string, string>; dataDir?: string; runs?: boolean; megabytes?: number };

/** Sources, syncs and knowledge on a database of their own, the clock in the test's hands. */
export async function ground({ env = {}, dataDir, runs = true, megabytes }: Options = {}) {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'hookbell-syncs-'));
  const DATABASE_URL = await databaseFor(folder);
  const config = readConfig({ DATA_DIR: folder, DATABASE_URL, OUTBOUND_ALLOW: '127.0.0.1', ...env });
  const database = openDatabase({ ...config, acquireTimeout: 20_000 });
  await database.migrate();
  const lines: string[] = [];
  let now = Date.UTC(2026, 0, 5, 12);
  const deps: Deps = {
    config,
    db: database.db,
    reader: database.reader,
    log: pino({ level: 'debug' }, { write: (line) => void lines.push(line) }),
    clock: () => now,
    vault: createVault('a secret key for the tests'),
    live: createLive(),
    guard: createGuard(() => config.outboundAllow),
    version: '0.0.0',
  };
  const bots = botService(deps);
  const syncs = syncService(deps);
  const sources = sourceService(deps, { bots, syncs });
  const files = fileService(deps, { sources, syncs });
  const outbox = createOutbox({
    listeners: (tx, event) => webhookStore(tx).listeners(event),
    whyUnheard: (tx, event) => webhookStore(tx).whyUnheard(event),
    nudge: () => {},
    announce: () => {},
  });
  const threads = megabytes ? syncThreads(deps, config.syncConcurrency, { megabytes }) : sharedThreads;
  const runner = syncRunner(deps, { syncs, sources, outbox }, threads);
  if (runs) await runner.start({ ownsDatabase: true });
  const search = knowledgeSearch(deps.reader);

  async function bot(fields: { name?: string; storageTokenLimit?: number | null } = {}) {
    const blank = { welcomeMessage: '', instructions: '', humanTakeover: false, allowedOrigins: [] };
    return bots.create(
      { name: 'Help desk', storageTokenLimit: null, notificationEmail: null, ...blank, ...fields },
      ada,
      now,
    );
  }

  return {
    ...deps,
    dataDir: folder,
    bots,
    syncs,
    sources,
    files,
    runner,
    outbox,
    search,
    purge: purging(deps, { syncs }),
    bot,
    pass: (ms: number) => {
      now += ms;
    },
    logged: () => lines.join(''),

    /** As the API would, from plain JSON. */
    source: async (input: object, botId?: string): Promise<Source> =>
      sources.create(botId ?? (await bot()).id, newSource.parse({ name: 'Manual', ...input }), ada, now),

    change: (id: string, changes: object) => sources.change(id, changes, ada, now),
    sync: (id: string, force = false) => sources.sync(id, 'api', { force }, ada, now),

    /** Puts files in as multer would have left them. */
    async upload(sourceId: string, contents: Record<string, string | Buffer>) {
      const incoming = join(folder, 'uploads', 'incoming');
      await mkdir(incoming, { recursive: true });
      const uploads = [];
      for (const [originalname, body] of Object.entries(contents)) {
        const path = join(incoming, `upload-${uploads.length}`);
        await writeFile(path, body);
        uploads.push({ originalname, path, size: Buffer.byteLength(body) });
      }
      return files.add(sourceId, uploads, ada, now);
    },

    /** The latest sync of a source, once nothing of it waits or runs. */
    settled: (sourceId: string): Promise<Sync> =>
      eventually('the sync has ended', async () => {
        const state = (await syncs.statesOf([sourceId])).get(sourceId);
        return state?.last.finishedAt && !state.isRunning ? state.last : null;
      }),

    /** As `stored`, once the versions that were superseded are gone: they go after the end of the sync. */
    async tidied(sourceId: string) {
      return eventually('only what can be searched is kept', async () => {
        const stored = await this.stored(sourceId);
        return stored.versions === stored.rows ? stored : null;
      });
    },

    /** What can be searched, from the tables: titles by key, and the sums that the counters should be. */
    async stored(sourceId: string) {
      const rows = await deps
        .db('rows')
        .join('data_sources', 'data_sources.id', 'rows.source_id')
        .where('source_id', sourceId)
        .whereRaw('since_sync <= visible_sync and (until_sync is null or until_sync > visible_sync)')
        .select('rows.*');
      const ids = new Set(rows.map((row) => row.id));
      const documents = (await deps.db('documents')).filter((document) => ids.has(document.row_id));
      return {
        titles: Object.fromEntries(rows.map((row) => [row.key, row.title])),
        rows: rows.length,
        documents: documents.length,
        tokens: rows.reduce((sum, row) => sum + row.tokens, 0),
        texts: documents.map((document) => document.text as string),
        /** With those that nobody can see. */
        versions: Number((await deps.db('rows').where({ source_id: sourceId }).count({ n: '*' }))[0]!.n),
      };
    },

    /** The events so far, oldest first: type and body. */
    async events() {
      const rows = await deps.db('events').orderBy('seq');
      return rows.map((row) => ({ type: row.type as string, body: JSON.parse(row.body) }));
    },

    async stop({ keep = false } = {}) {
      await runner.stop();
      await database.close();
      if (keep) return;
      rmSync(folder, { recursive: true, force: true });
      await dropDatabaseOf(folder);
    },
  };
}

/** A config of the type `text` with an entry for each title. */
export const entries = (texts: Record<string, string>) => ({
  type: 'text',
  config: { entries: Object.entries(texts).map(([title, text]) => ({ title, text })) },
});
