import type { Knex } from 'knex';

/** A conversation as Slack has it; without a `threadTs` it is all that is said outside of threads in a direct channel. */
export type Thread = {
  conversationId: string;
  channelId: string;
  slackChannel: string;
  threadTs: string | null;
  sent: number;
  asked: number;
  tries: number;
};

export function threadStore(connection: Knex) {
  const table = () => connection('slack_threads');
  const free = (query: Knex.QueryBuilder, at: number) =>
    query.where((lease) => lease.whereNull('lease_until').orWhere('lease_until', '<=', at));
  return {
    /** Something was said in it: an answer will be there to send. */
    async asked(
      { conversationId, channelId, slackChannel, threadTs }: Omit<Thread, 'sent' | 'asked' | 'tries'>,
      at: number,
    ): Promise<void> {
      await table()
        .insert({
          conversation_id: conversationId,
          channel_id: channelId,
          slack_channel: slackChannel,
          thread_ts: threadTs,
          asked: 1,
          due_at: at,
        })
        .onConflict('conversation_id')
        .merge({ asked: connection.raw('slack_threads.asked + 1'), due_at: at });
    },

    async due(at: number, limit: number): Promise<string[]> {
      const rows = await free(table().where('due_at', '<=', at), at)
        .orderBy('due_at')
        .limit(limit);
      return rows.map((row: { conversation_id: string }) => row.conversation_id);
    },

    /** It is due at once, unless somebody is at it. */
    async hurry(conversationId: string, at: number): Promise<void> {
      await free(table().where({ conversation_id: conversationId }).where('due_at', '>', at), at).update({
        due_at: at,
      });
    },

    /** Nobody is at any. */
    async freeAll(): Promise<void> {
      await table().whereNotNull('lease_until').update({ lease_until: null });
    },

    /** The thread, for the one process that may send to it until `until`. */
    async take(conversationId: string, at: number, until: number): Promise<Thread | null> {
      const due = table().where({ conversation_id: conversationId }).where('due_at', '<=', at);
      const [row] = await free(due, at).update({ lease_until: until }).returning('*');
      return row ? fromRow(row) : null;
    },

    async noteSent(conversationId: string, sent: number): Promise<void> {
      await table().where({ conversation_id: conversationId }).update({ sent, tries: 0 });
    },

    /** Looked at again at `next`, or with null when something is said; what was said meanwhile is not passed over. */
    async giveBack({ conversationId, asked }: Thread, next: number | null, at: number): Promise<void> {
      const due = connection.raw('CASE WHEN asked = ? THEN CAST(? AS bigint) ELSE CAST(? AS bigint) END', [
        asked,
        next,
        at,
      ]);
      await table().where({ conversation_id: conversationId }).update({ lease_until: null, due_at: due });
    },

    async noteFailure({ conversationId, tries }: Thread, next: number): Promise<void> {
      await table()
        .where({ conversation_id: conversationId })
        .update({ lease_until: null, due_at: next, tries: tries + 1 });
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const fromRow = (row: any): Thread => ({
  conversationId: row.conversation_id,
  channelId: row.channel_id,
  slackChannel: row.slack_channel,
  threadTs: row.thread_ts,
  sent: row.sent,
  asked: row.asked,
  tries: row.tries,
});
