import type { Knex } from 'knex';
import type { Answer, AnswerKind } from './schema.js';

export type Receiver = {
  id: string;
  name: string;
  /** Sealed by the vault. */
  sealedToken: string;
  /** Null: its maker was removed. */
  userId: string | null;
  answer: Answer;
  createdAt: number;
  /** When it last got a request or was told how to answer. */
  usedAt: number;
};

export type ListedReceiver = Receiver & { requests: number; maker: string | null };

export function receiverStore(connection: Knex) {
  const receivers = () => connection('receivers');
  return {
    async find(id: string): Promise<Receiver | null> {
      const row = await receivers().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    async findByHash(hash: string): Promise<Receiver | null> {
      const row = await receivers().where({ token_hash: hash }).first();
      return row ? fromRow(row) : null;
    },

    /** Newest first: a user's own, or with null all. */
    async list(userId: string | null): Promise<ListedReceiver[]> {
      const requests = connection('receiver_requests')
        .whereRaw('receiver_requests.receiver_id = receivers.id')
        .count('*')
        .as('requests');
      const rows = await receivers()
        .leftJoin('users', 'users.id', 'receivers.user_id')
        .modify((query) => {
          if (userId !== null) query.where('receivers.user_id', userId);
        })
        .orderBy([
          { column: 'receivers.created_at', order: 'desc' },
          { column: 'receivers.id', order: 'desc' },
        ])
        .select('receivers.*', 'users.name as maker', requests);
      return rows.map((row: ListedRow) => ({
        ...fromRow(row),
        requests: Number(row.requests),
        maker: row.maker,
      }));
    },

    async count(userId: string | null): Promise<number> {
      const [row] = await receivers()
        .modify((query) => {
          if (userId !== null) query.where({ user_id: userId });
        })
        .count({ count: '*' });
      return Number(row?.count ?? 0);
    },

    async insert(receiver: Receiver, hash: string): Promise<void> {
      await receivers().insert({
        id: receiver.id,
        name: receiver.name,
        token_hash: hash,
        token: receiver.sealedToken,
        user_id: receiver.userId,
        answer: receiver.answer.kind,
        seconds: receiver.answer.seconds,
        created_at: receiver.createdAt,
        used_at: receiver.usedAt,
      });
    },

    names: (): Promise<string[]> => receivers().pluck('name'),

    async rename(id: string, name: string): Promise<void> {
      await receivers().where({ id }).update({ name });
    },

    async answerWith(id: string, answer: Answer, at: number): Promise<void> {
      await receivers().where({ id }).update({ answer: answer.kind, seconds: answer.seconds, used_at: at });
    },

    /** False when it was deleted meanwhile. */
    async used(id: string, at: number): Promise<boolean> {
      return (await receivers().where({ id }).update({ used_at: at })) === 1;
    },

    async remove(id: string): Promise<void> {
      await receivers().where({ id }).delete();
    },

    /** False when it was used meanwhile. */
    async removeUnused(id: string, until: number): Promise<boolean> {
      return (await receivers().where({ id }).where('used_at', '<', until).delete()) === 1;
    },

    async unusedSince(until: number): Promise<Receiver[]> {
      return (await receivers().where('used_at', '<', until).orderBy('used_at')).map(fromRow);
    },
  };
}

type Row = {
  id: string;
  name: string;
  token: string;
  user_id: string | null;
  answer: string;
  seconds: number | null;
  created_at: number | string;
  used_at: number | string;
};

type ListedRow = Row & { requests: number | string; maker: string | null };

function fromRow(row: Row): Receiver {
  return {
    id: row.id,
    name: row.name,
    sealedToken: row.token,
    userId: row.user_id,
    answer: { kind: row.answer as AnswerKind, seconds: row.seconds },
    createdAt: Number(row.created_at),
    usedAt: Number(row.used_at),
  };
}
