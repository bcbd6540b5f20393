import type { NewEvent } from '../outbox/event.js';

/** The counters of a sync; the key order is the contract's. Counts, and o200k_base tokens. */
export type SyncResults = {
  totalTokens: number;
  modifiedRows: number;
  totalDocuments: number;
  unmodifiedRows: number;
  totalDataSourceRows: number;
};

type Source = { id: string; name: string; bot: { id: string; name: string } };

export function syncSucceeded({ id, name, bot }: Source, results: SyncResults): NewEvent {
  const { totalTokens, modifiedRows, totalDocuments, unmodifiedRows, totalDataSourceRows } = results;
  return {
    botId: bot.id,
    type: 'sync.success',
    sourceId: id,
    body: JSON.stringify({
      success: true,
      results: { totalTokens, modifiedRows, totalDocuments, unmodifiedRows, totalDataSourceRows },
      bot: bot.name,
      dataSource: name,
    }),
  };
}

export function syncFailed({ id, name, bot }: Source, reason: string): NewEvent {
  return {
    botId: bot.id,
    type: 'sync.failure',
    sourceId: id,
    body: JSON.stringify({ success: false, reason, bot: bot.name, dataSource: name }),
  };
}
