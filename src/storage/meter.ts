import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Deps } from '../deps.js';
import { type FileSize, fileSize, isSqlite } from './file.js';
import { walSize } from './space.js';
import { measureTables, type Share, shares } from './tables.js';

export type Measured = {
  /** When (ms) it was measured, and how long that took. */
  at: number;
  tookMs: number;
  file: FileSize;
  wal: number;
  uploads: number;
  shares: Share[];
  /** When (ms) the oldest of the finished deliveries was over. */
  oldestFinished: number | null;
};

const fresh = 60_000;
/** So long a page waits for a measurement: on all but large databases it is there at once. */
const patience = 400;

export type StorageMeter = ReturnType<typeof storageMeter>;

/** What takes how much space. Measured while somebody looks, at most once a minute, beside everything else. */
export function storageMeter({
  config,
  reader,
  clock,
  log,
}: Pick<Deps, 'config' | 'reader' | 'clock' | 'log'>) {
  let latest: Measured | null = null;
  let measuring: Promise<void> | null = null;

  async function measure(): Promise<void> {
    const began = performance.now();
    const [parts, file, wal, uploads, oldestFinished] = [
      await measureTables(reader),
      await fileSize(reader),
      await walSize(config),
      await folderSize(join(config.dataDir, 'uploads')),
      await oldest(),
    ];
    const tookMs = performance.now() - began;
    latest = { at: clock(), tookMs, file, wal, uploads, shares: shares(parts), oldestFinished };
  }

  async function oldest(): Promise<number | null> {
    const row = await reader('deliveries')
      .whereNotNull('finished_at')
      .orderBy('finished_at')
      .first('finished_at');
    return row ? Number(row.finished_at) : null;
  }

  return {
    /** Whether this database can be measured: PostgreSQL looks after its files itself. */
    isAble: isSqlite(reader),

    /** The latest measurement, and whether another one is under way; null while there is none yet. */
    async look(): Promise<{ measured: Measured | null; isMeasuring: boolean }> {
      if (!latest || clock() - latest.at > fresh) {
        measuring ??= measure()
          .catch((error) => log.warn({ err: error }, 'the storage could not be measured'))
          .finally(() => {
            measuring = null;
          });
        await Promise.race([measuring, new Promise((resolve) => setTimeout(resolve, patience).unref())]);
      }
      return { measured: latest, isMeasuring: measuring !== null };
    },
  };
}

async function folderSize(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const { size } = await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }));
    bytes += size;
  }
  return bytes;
}
