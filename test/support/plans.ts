import type { Knex } from 'knex';
import { isPostgres } from '../../src/records.js';

/**
 * The steps of a query's plan, a line each. PostgreSQL reads small tables whole and sorts what is little: told to avoid
 * both, it still says `Seq Scan` and `Sort` where there is no index that serves.
 */
export async function planOf(
  db: Knex,
  { sql, bindings }: { sql: string; bindings: readonly Knex.Value[] },
): Promise<string[]> {
  if (!isPostgres(db)) {
    const steps: { detail: string }[] = await db.raw(`EXPLAIN QUERY PLAN ${sql}`, bindings);
    return steps.map(({ detail }) => detail);
  }
  return db.transaction(async (tx) => {
    await tx.raw('SET LOCAL enable_seqscan = off');
    await tx.raw('SET LOCAL enable_sort = off');
    const { rows } = await tx.raw(`EXPLAIN ${sql.replaceAll(/\$\d+/g, '?')}`, bindings);
    return rows.map((row: Record<string, string>) => row['QUERY PLAN']!.trim());
  });
}
