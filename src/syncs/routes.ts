import { type Request, type Response, Router } from 'express';
import { actorOf, requireUser } from '../accounts/access.js';
import { page, pageQuery, windowOf } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import { NotFound } from '../errors.js';
import type { SourceService } from '../sources/service.js';
import { outcomesInWords, resultInWords, startedBy } from './inWords.js';
import { type Counts, mostListed, type Outcome, outcome, syncsListed } from './ledger.js';
import type { SyncService } from './service.js';
import type { Sync } from './store.js';

type Parts = {
  bots: Pick<BotService, 'seenBy'>;
  sources: Pick<SourceService, 'seenBy'>;
  syncs: Pick<SyncService, 'find' | 'listOf' | 'rowsOf'>;
};

/** Any other outcome is none: all are shown. */
const listQuery = pageQuery.extend({ outcome: outcome.nullable().catch(null) });

/** The history of a source, and what one of its syncs did row by row. */
export function syncRoutes({ bots, sources, syncs }: Parts): Router {
  const router = Router();
  router.get('/data-sources/:id/syncs', requireUser, history);
  router.get('/syncs/:id', requireUser, show);
  return router;

  async function history(req: Request, res: Response) {
    const source = await sources.seenBy(actorOf(req), String(req.params.id));
    const query = pageQuery.parse(req.query);
    const found = await syncs.listOf(source.id, windowOf(query));
    const { data, nextCursor } = page(found, query.limit, (sync) => [sync.id], showInList);
    res.render('syncs/history', {
      bot: await bots.seenBy(actorOf(req), source.botId),
      source,
      address: req.originalUrl,
      syncs: data,
      next: nextCursor,
    });
  }

  async function show(req: Request, res: Response) {
    const sync = await syncs.find(String(req.params.id));
    if (!sync) throw new NotFound('Sync');
    const source = await sources.seenBy(actorOf(req), sync.sourceId);
    const query = listQuery.parse(req.query);
    const found = await syncs.rowsOf(sync.id, query.outcome, windowOf(query, 'number'));
    const { data, nextCursor } = page(
      found,
      query.limit,
      (row) => [row.seq],
      (row) => ({ ...row, ...outcomesInWords.find(({ outcome }) => outcome === row.outcome) }),
    );
    const path = `/app/syncs/${sync.id}`;
    res.render('syncs/show', {
      bot: await bots.seenBy(actorOf(req), source.botId),
      source,
      sync: showInList(sync),
      address: req.originalUrl,
      sums: sync.counts && sumsOf(sync.counts, path, query.outcome),
      only: query.outcome && wordFor(query.outcome),
      rows: data,
      note: sync.counts && noteOf(sync.counts, query.outcome, data.length > 0),
      next: nextCursor && `${path}?${queryOf(query.outcome, nextCursor)}`,
    });
  }
}

/** What the table of a history shows of a sync. */
export const showInList = (sync: Sync) => ({
  ...sync,
  startedBy: startedBy[sync.trigger],
  result: resultInWords(sync),
  took: sync.startedAt && sync.finishedAt ? sync.finishedAt - sync.startedAt : null,
});

function sumsOf(counts: Counts, path: string, shown: Outcome | null) {
  const listed = outcomesInWords.map(({ outcome, word }) => ({
    word,
    count: counts[outcome],
    href: counts[outcome] > 0 ? `${path}?outcome=${outcome}` : null,
    isShown: outcome === shown,
  }));
  // Few sources have any.
  if (counts.leftOut === 0) listed.pop();
  listed.splice(2, 0, { word: 'unchanged', count: counts.unchanged, href: null, isShown: false });
  return listed;
}

/** Why not all of them are listed; null when all are. */
function noteOf(counts: Counts, only: Outcome | null, isAny: boolean): string | null {
  const shown = outcome.options.filter((one) => (only ?? one) === one && counts[one] > 0);
  if (shown.length > 0 && !isAny)
    return `Rows are listed of the latest ${syncsListed} syncs of a data source.`;
  const long = shown.filter((one) => counts[one] > mostListed);
  if (long.length === 0) return null;
  const most = mostListed.toLocaleString('en');
  return `Of the ${long.map(wordFor).join(' and ')} rows, the first ${most} are listed.`;
}

const wordFor = (one: Outcome) => outcomesInWords.find(({ outcome }) => outcome === one)!.word;

function queryOf(only: Outcome | null, cursor: string): URLSearchParams {
  return new URLSearchParams({ ...(only && { outcome: only }), cursor });
}
