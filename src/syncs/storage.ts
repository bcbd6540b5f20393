import type { Knex } from 'knex';
import type { Config } from '../config.js';

/** Storage tokens that may still be used, beside those of the source itself; null: as many as one likes. */
export async function tokensAllowed(
  connection: Knex,
  { id, botId }: { id: string; botId: string },
  { storageTokenLimit }: Pick<Config, 'storageTokenLimit'>,
): Promise<number | null> {
  const bot = await connection('bots').where({ id: botId }).forUpdate().first('storage_token_limit');
  const ofBot = await left(bot?.storage_token_limit, others(connection, id).where({ bot_id: botId }));
  const ofInstance = await left(storageTokenLimit, others(connection, id));
  const limits = [ofBot, ofInstance].filter((limit) => limit !== null);
  return limits.length > 0 ? Math.min(...limits) : null;
}

const others = (connection: Knex, id: string) =>
  connection('data_sources').whereNull('deleted_at').whereNot({ id });

async function left(
  limit: number | string | null | undefined,
  sources: Knex.QueryBuilder,
): Promise<number | null> {
  if (limit === null || limit === undefined) return null;
  const [row] = await sources.sum({ tokens: 'token_count' });
  return Number(limit) - Number(row?.tokens ?? 0);
}
