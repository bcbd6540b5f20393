import { type Request, type Response, Router } from 'express';
import { requireAdmin } from '../accounts/access.js';
import type { Deps } from '../deps.js';
import type { Measured, StorageMeter } from './meter.js';

const aDay = 24 * 3_600_000;

/** What takes how much space, and for how long. */
export function storageRoutes({ config }: Pick<Deps, 'config'>, meter: StorageMeter): Router {
  const router = Router();
  router.get('/settings/storage', requireAdmin, show);
  return router;

  async function show(_req: Request, res: Response) {
    const { measured, isMeasuring } = meter.isAble
      ? await meter.look()
      : { measured: null, isMeasuring: false };
    const { retentionDays, retentionSize } = config;
    res.render('settings/storage', {
      isAble: meter.isAble,
      isMeasuring,
      measured: measured && { ...measured, ...drawn(measured) },
      days: retentionDays,
      limit: measured && retentionSize ? withinLimit(measured, retentionSize) : null,
      nextToGo: measured?.oldestFinished ? measured.oldestFinished + retentionDays * aDay : null,
    });
  }
}

/** All that lies on the disk as one bar, in percent of it; and as a table. */
function drawn({ shares, file, wal, uploads }: Measured) {
  const others = [
    {
      name: 'Free pages',
      about: 'Taken by what is written next; much of it is given back to the disk',
      colour: 'gray-400',
      bytes: file.free,
    },
    {
      name: 'Write-ahead log',
      about: 'The latest writes, on their way into the database file',
      colour: 'pink',
      bytes: wal,
    },
    { name: 'Uploads', about: 'Files of data sources, beside the database', colour: 'teal', bytes: uploads },
  ].map((row) => ({ ...row, indexBytes: 0, counted: null, parts: [] }));
  const rows = [...shares, ...others];
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  let from = 0;
  const bar = rows.map(({ name, colour, bytes }) => {
    const width = total > 0 ? (bytes / total) * 100 : 0;
    from += width;
    return { name, colour, width, from: from - width };
  });
  return { rows: rows.map((row, n) => ({ ...row, percent: bar[n]!.width })), bar, total };
}

function withinLimit({ file, shares }: Measured, bytes: number) {
  const used = file.bytes - file.free;
  const [log] = shares;
  return { bytes, used, over: Math.max(0, used - bytes), isLogEmpty: (log?.counted?.count ?? 0) === 0 };
}
