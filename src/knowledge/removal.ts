import type { Knex } from 'knex';

/** Rows and documents that one transaction removes at most: others write in between. */
const most = 500;

/** Which rows: a condition on `rows`. */
export type Which = (query: Knex.QueryBuilder) => Knex.QueryBuilder;

/** Removes up to 500 rows with their documents, or a part of the documents of a long one. False when none are left. */
export async function removeSome(db: Knex, which: Which): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx('rows').modify(which).limit(most).select('id', 'documents');
    if (rows.length === 0) return false;
    if (await removeDocumentsOf(tx, rows[0])) return true;
    await tx('rows').whereIn('id', fitting(rows)).delete();
    return true;
  });
}

/** True when only a part of a long row's documents was removed, and the row has to wait. */
async function removeDocumentsOf(tx: Knex, row: { id: number; documents: number }): Promise<boolean> {
  if (row.documents <= most) return false;
  const some = tx('documents').where({ row_id: row.id }).limit(most).select('id');
  return (await tx('documents').whereIn('id', some).delete()) === most;
}

function fitting(rows: { id: number; documents: number }[]): number[] {
  let documents = 0;
  const ids: number[] = [];
  for (const row of rows) {
    documents += row.documents;
    if (ids.length > 0 && documents > most) break;
    ids.push(row.id);
  }
  return ids;
}
