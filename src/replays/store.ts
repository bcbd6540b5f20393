import type { Knex } from 'knex';
import { newestFirst, type Window } from '../api/paging.js';
import type { ReplayableStatus, Selection } from './selection.js';

export type ReplayState = 'running' | 'done' | 'cancelled';

/** Deliveries of a webhook on their way back to the schedule. */
export type Replay = {
  id: string;
  webhookId: string;
  since: number;
  until: number | null;
  status: ReplayableStatus;
  /** Null: as fast as this server can. */
  perSecond: number | null;
  state: ReplayState;
  /** How many there were when it began. */
  total: number;
  /** How many were put back. */
  done: number;
  /** The last delivery that it has dealt with. */
  afterSeq: number;
  lastSeq: number;
  pacedUntil: number;
  createdBy: string;
  createdAt: number;
  finishedAt: number | null;
};

/** A replay of a webhook that may be sent to. */
export type Due = Replay & { botId: string; target: string; inOrder: boolean };

/** A replay as people see it; `held`: why it waits, while it is running. */
export type Shown = Replay & { target: string; type: string; held: 'paused' | 'disabled' | null };

export type Progress = Pick<Replay, 'afterSeq' | 'pacedUntil' | 'state' | 'finishedAt'>;

export const selectionOf = (replay: Replay): Selection => ({ ...replay, asOf: replay.createdAt });

export function replayStore(connection: Knex) {
  const replays = () => connection('replays');
  const withWebhook = () =>
    replays()
      .join('webhooks', 'webhooks.id', 'replays.webhook_id')
      .whereNull('webhooks.deleted_at')
      .select(
        'replays.*',
        'webhooks.bot_id',
        'webhooks.type',
        'webhooks.target_url',
        'webhooks.in_order',
        'webhooks.enabled',
        'webhooks.paused_at',
      );
  return {
    async find(id: string): Promise<Replay | null> {
      const row = await replays().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    async runningOf(webhookId: string): Promise<Replay | null> {
      const row = await replays().where({ webhook_id: webhookId }).whereRaw("state = 'running'").first();
      return row ? fromRow(row) : null;
    },

    /** Running ones of webhooks that may be sent to now. */
    async due(): Promise<Due[]> {
      const rows = await withWebhook()
        .whereRaw("replays.state = 'running'")
        .where('webhooks.enabled', true)
        .whereNull('webhooks.paused_at')
        .orderBy('replays.created_at');
      return rows.map(dueFromRow);
    },

    /** Newest first. */
    async listOf(webhookId: string, window: Window): Promise<Replay[]> {
      const rows = await replays().where({ webhook_id: webhookId }).modify(newestFirst(window));
      return rows.map(fromRow);
    },

    /** The latest of a webhook, or of all webhooks of a bot. */
    async latest(
      of: { 'replays.webhook_id': string } | { 'webhooks.bot_id': string },
      limit: number,
    ): Promise<Shown[]> {
      const rows = await withWebhook().where(of).orderBy('replays.created_at', 'desc').limit(limit);
      return rows.map(shownFromRow);
    },

    /** False when one of the same webhook is running. */
    async insert(replay: Replay): Promise<boolean> {
      const inserted = await replays().insert(toRow(replay)).onConflict().ignore().returning('id');
      return inserted.length === 1;
    },

    /** Moves a running replay on from where `before` had it. False if somebody else did, or cancelled it. */
    async advance(before: Replay, { afterSeq, pacedUntil, state, finishedAt }: Progress): Promise<boolean> {
      const moved = await replays()
        .where({ id: before.id, after_seq: before.afterSeq })
        .whereRaw("state = 'running'")
        .update({ after_seq: afterSeq, paced_until: pacedUntil, state, finished_at: finishedAt });
      return moved === 1;
    },

    async setDone(id: string, done: number, total: number): Promise<void> {
      await replays().where({ id }).update({ done, total });
    },

    /** False when it had ended already. */
    async cancel(id: string, at: number): Promise<boolean> {
      const cancelled = await replays()
        .where({ id })
        .whereRaw("state = 'running'")
        .update({ state: 'cancelled', finished_at: at });
      return cancelled === 1;
    },

    prune: (until: number) => replays().where('finished_at', '<', until).delete(),
  };
}

function toRow(replay: Replay) {
  return {
    id: replay.id,
    webhook_id: replay.webhookId,
    since: replay.since,
    until: replay.until,
    status: replay.status,
    per_second: replay.perSecond,
    state: replay.state,
    total: replay.total,
    done: replay.done,
    after_seq: replay.afterSeq,
    last_seq: replay.lastSeq,
    paced_until: replay.pacedUntil,
    created_by: replay.createdBy,
    created_at: replay.createdAt,
    finished_at: replay.finishedAt,
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): Replay {
  const numberOrNull = (value: number | string | null) => (value === null ? null : Number(value));
  return {
    id: row.id,
    webhookId: row.webhook_id,
    since: Number(row.since),
    until: numberOrNull(row.until),
    status: row.status,
    perSecond: row.per_second,
    state: row.state,
    total: row.total,
    done: row.done,
    afterSeq: Number(row.after_seq),
    lastSeq: Number(row.last_seq),
    pacedUntil: Number(row.paced_until),
    createdBy: row.created_by,
    createdAt: Number(row.created_at),
    finishedAt: numberOrNull(row.finished_at),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
const dueFromRow = (row: any): Due => ({
  ...fromRow(row),
  botId: row.bot_id,
  target: row.target_url,
  inOrder: Boolean(row.in_order),
});

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function shownFromRow(row: any): Shown {
  const held = !row.enabled ? 'disabled' : row.paused_at !== null ? 'paused' : null;
  return {
    ...fromRow(row),
    target: row.target_url,
    type: row.type,
    held: row.state === 'running' ? held : null,
  };
}
