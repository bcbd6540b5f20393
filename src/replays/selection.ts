import type { Knex } from 'knex';

/** `finished` is both. What is pending or being sent is on its schedule already. */
export const replayableStatuses = ['failed', 'delivered', 'finished'] as const;
export type ReplayableStatus = (typeof replayableStatuses)[number];

/** Deliveries of a webhook that were created in [since, until) (ms) and had finished by `asOf`. */
export type Selection = {
  webhookId: string;
  status: ReplayableStatus;
  since: number;
  until: number | null;
  /** What finishes later, because it was sent again meanwhile, is not meant any more. */
  asOf: number;
};

export const statusesOf = (status: ReplayableStatus) =>
  status === 'finished' ? ['failed', 'delivered'] : [status];

/** How many there are, and between which of them all are; read from an index alone. */
export async function measure(
  reader: Knex,
  { webhookId, status, since, until, asOf }: Selection,
): Promise<{ count: number; first: number; last: number }> {
  const row: { count: unknown; first: unknown; last: unknown } | undefined = await reader('deliveries')
    .where({ webhook_id: webhookId })
    .whereIn('status', statusesOf(status))
    .where('created_at', '>=', since)
    .modify((query) => {
      if (until !== null) query.where('created_at', '<', until);
    })
    .where('finished_at', '<=', asOf)
    .first(reader.raw('count(*) AS count, min(seq) AS first, max(seq) AS last'));
  return { count: Number(row?.count ?? 0), first: Number(row?.first ?? 0), last: Number(row?.last ?? 0) };
}

/** The seqs after `afterSeq` and up to `lastSeq`, in order, at most `limit`. */
export async function nextOf(
  reader: Knex,
  selection: Selection,
  { afterSeq, lastSeq }: { afterSeq: number; lastSeq: number },
  limit: number,
): Promise<number[]> {
  const found: number[] = [];
  const size = Math.max(100, limit);
  let after = afterSeq;
  for (;;) {
    const stretch = await stretchOf(reader, selection, { after, lastSeq, size });
    found.push(...(await meant(reader, selection, stretch)));
    if (found.length >= limit || stretch.length < size) return found.slice(0, limit);
    after = stretch.at(-1)!;
  }
}

/**
 * What has the status, whenever it was created. Asked for together with the times, SQLite would rather read everything
 * that was sent in between than use the index that has the few that failed.
 */
async function stretchOf(
  reader: Knex,
  { webhookId, status }: Selection,
  { after, lastSeq, size }: { after: number; lastSeq: number; size: number },
): Promise<number[]> {
  const seqs: number[] = [];
  for (const one of statusesOf(status)) {
    const rows = await reader('deliveries')
      .where({ webhook_id: webhookId, status: one })
      .where('seq', '>', after)
      .where('seq', '<=', lastSeq)
      .orderBy('seq')
      .limit(size)
      .select('seq');
    seqs.push(...rows.map(seqOf));
  }
  return seqs.sort((one, other) => one - other).slice(0, size);
}

async function meant(reader: Knex, { since, until, asOf }: Selection, seqs: number[]): Promise<number[]> {
  if (seqs.length === 0) return [];
  const rows = await reader('deliveries')
    .whereIn('seq', seqs)
    .where('created_at', '>=', since)
    .modify((query) => {
      if (until !== null) query.where('created_at', '<', until);
    })
    .where('finished_at', '<=', asOf)
    .orderBy('seq')
    .select('seq');
  return rows.map(seqOf);
}

const seqOf = (row: { seq: number | string }) => Number(row.seq);

/** When the first of the deliveries was created that have been given up since `since`; null if none was. */
export async function firstGivenUp(reader: Knex, webhookId: string, since: number): Promise<number | null> {
  const row = await reader('deliveries')
    .where({ webhook_id: webhookId, status: 'failed' })
    .where('finished_at', '>=', since)
    .orderBy('created_at')
    .first('created_at');
  return row ? Number(row.created_at) : null;
}
