import type { Knex } from 'knex';
import type { Window } from '../api/paging.js';
import type { Unheard } from '../outbox/event.js';
import type { DeliveryStatus } from '../outbox/store.js';

/** Something that happened to a bot, whether or not a webhook heard it. */
export type BotEvent = {
  seq: number;
  botId: string;
  type: string;
  /** The exact text that receivers get. */
  body: string;
  createdAt: number;
  test: boolean;
  unheard: Unheard | null;
};

/** What became of an event at one webhook. */
export type Told = {
  id: string;
  status: DeliveryStatus;
  nextAttemptAt: number | null;
  webhook: { id: string; targetUrl: string | null; state: 'open' | 'paused' | 'disabled' | 'deleted' };
};

/** Whose events: of one bot; else of all that this agent was given, or of all there are. */
export type Whose = { botId: string } | { agentId: string | null };

export function eventStore(connection: Knex) {
  const events = () =>
    connection('events').select('seq', 'bot_id', 'type', 'body', 'created_at', 'test', 'unheard');

  return {
    /** Newest first. */
    async listOf(botId: string, type: string | null, window: Window): Promise<BotEvent[]> {
      const rows = await events()
        .where({ bot_id: botId })
        .modify((query) => {
          if (type) query.where({ type });
          if (window.after) query.where('seq', '<', window.after[0]!);
        })
        .orderBy('seq', 'desc')
        .limit(window.limit + 1);
      return rows.map(fromRow);
    },

    /**
     * The last of all events: those up to it are all there, for on SQLite there is one writer, and what is written
     * first is committed first. On PostgreSQL a lower number may be committed later; there this has to be the last
     * before the first that is still being written (`pg_snapshot_xmin` of a column with the writing transaction).
     */
    async newest(): Promise<number> {
      const row = await connection('events').max({ seq: 'seq' }).first();
      return Number(row?.seq ?? 0);
    },

    /** The first that is still kept. */
    async oldest(): Promise<number> {
      const row = await connection('events').min({ seq: 'seq' }).first();
      return Number(row?.seq ?? 0);
    },

    /** Oldest first: after `from`, up to and with `to`; `types` empty: of all. Without the tests. */
    async between(
      { from, to }: { from: number; to: number },
      whose: Whose,
      types: string[],
      limit: number,
    ): Promise<BotEvent[]> {
      const rows = await events()
        .where({ test: false })
        .where('seq', '>', from)
        .where('seq', '<=', to)
        .modify((query) => {
          if ('botId' in whose) query.where({ bot_id: whose.botId });
          else query.whereExists(seenBy(whose.agentId));
          if (types.length > 0) query.whereIn('type', types);
        })
        .orderBy('seq')
        .limit(limit);
      return rows.map(fromRow);
    },

    /** By the event's number. */
    async toldOf(seqs: number[]): Promise<Map<number, Told[]>> {
      const rows = await connection('deliveries')
        .join('webhooks', 'webhooks.id', 'deliveries.webhook_id')
        .whereIn('event_seq', seqs)
        .orderBy('deliveries.seq')
        .select(
          'event_seq',
          'deliveries.id',
          'status',
          'next_attempt_at',
          'webhook_id',
          'target_url',
          'enabled',
          'paused_at',
          'deleted_at',
        );
      const told = new Map<number, Told[]>(seqs.map((seq) => [seq, []]));
      for (const row of rows) told.get(Number(row.event_seq))!.push(toldFromRow(row));
      return told;
    },
  };

  function seenBy(agentId: string | null) {
    return connection('bots')
      .whereRaw('bots.id = events.bot_id')
      .whereNull('bots.deleted_at')
      .modify((query) => {
        if (agentId === null) return;
        const given = connection('bot_agents')
          .whereRaw('bot_agents.bot_id = events.bot_id')
          .where({ user_id: agentId });
        query.whereExists(given.select(connection.raw('1')));
      })
      .select(connection.raw('1'));
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): BotEvent {
  return {
    seq: Number(row.seq),
    botId: row.bot_id,
    type: row.type,
    body: row.body,
    createdAt: Number(row.created_at),
    test: Boolean(row.test),
    unheard: row.unheard,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function toldFromRow(row: any): Told {
  const isOpen = row.enabled && row.paused_at === null;
  const state = row.deleted_at !== null ? 'deleted' : isOpen ? 'open' : row.enabled ? 'paused' : 'disabled';
  const isPending = row.status === 'pending' && row.next_attempt_at !== null;
  return {
    id: row.id,
    status: row.status,
    nextAttemptAt: isPending ? Number(row.next_attempt_at) : null,
    webhook: { id: row.webhook_id, targetUrl: row.target_url, state },
  };
}
