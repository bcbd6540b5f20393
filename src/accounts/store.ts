import type { Knex } from 'knex';
import type { Actor } from './actor.js';

export type User = Actor & { id: string; createdAt: number };
export type ApiKey = {
  id: string;
  userId: string;
  name: string;
  hint: string;
  createdAt: number;
  lastUsedAt: number | null;
};

export function userStore(connection: Knex) {
  const users = () => connection('users');
  return {
    async count(): Promise<number> {
      const [row] = await users().count({ count: '*' });
      return Number(row?.count ?? 0);
    },
    async find(id: string): Promise<User | null> {
      return fromRow(await users().where({ id }).first());
    },
    async findByEmail(email: string): Promise<User | null> {
      return fromRow(await users().where({ email }).first());
    },
    async withPassword(by: { id: string } | { email: string }): Promise<(User & { hash: string }) | null> {
      const row = await users().where(by).first();
      return row ? { ...fromRow(row)!, hash: row.password_hash } : null;
    },
    async list(): Promise<User[]> {
      return (await users().orderBy('created_at')).map((row) => fromRow(row)!);
    },
    async insert(user: User, passwordHash: string): Promise<void> {
      await users().insert({
        id: user.id,
        email: user.email,
        name: user.name,
        role: user.role,
        password_hash: passwordHash,
        created_at: user.createdAt,
      });
    },
    async update(
      id: string,
      changes: Partial<{ name: string; role: string; password_hash: string }>,
    ): Promise<void> {
      await users().where({ id }).update(changes);
    },
    async remove(id: string): Promise<void> {
      await users().where({ id }).delete();
    },
    async admins(): Promise<number> {
      const [row] = await users().where({ role: 'admin' }).count({ count: '*' });
      return Number(row?.count ?? 0);
    },
    /** True for the one caller who may make the first admin, of however many race. */
    async claimSetup(): Promise<boolean> {
      const claimed = await connection('settings')
        .insert({ name: 'first_admin', value: 'made' })
        .onConflict('name')
        .ignore()
        .returning('name');
      return claimed.length === 1;
    },
  };
}

export function apiKeyStore(connection: Knex) {
  const keys = () => connection('api_keys');
  return {
    async insert(key: ApiKey, hash: string): Promise<void> {
      await keys().insert({
        id: key.id,
        user_id: key.userId,
        name: key.name,
        hint: key.hint,
        hash,
        created_at: key.createdAt,
      });
    },
    async findByHash(hash: string): Promise<ApiKey | null> {
      const row = await keys().where({ hash }).first();
      return row ? keyFromRow(row) : null;
    },
    async find(id: string): Promise<ApiKey | null> {
      const row = await keys().where({ id }).first();
      return row ? keyFromRow(row) : null;
    },
    async listOf(userId: string): Promise<ApiKey[]> {
      return (await keys().where({ user_id: userId }).orderBy('created_at', 'desc')).map(keyFromRow);
    },
    async used(id: string, at: number): Promise<void> {
      await keys().where({ id }).update({ last_used_at: at });
    },
    async remove(id: string): Promise<void> {
      await keys().where({ id }).delete();
    },
  };
}

type UserRow = { id: string; email: string; name: string; role: string; created_at: number };

function fromRow(row: UserRow | undefined): User | null {
  if (!row) return null;
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role === 'admin' ? 'admin' : 'agent',
    createdAt: Number(row.created_at),
  };
}

type KeyRow = {
  id: string;
  user_id: string;
  name: string;
  hint: string;
  created_at: number;
  last_used_at: number | null;
};

function keyFromRow(row: KeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    name: row.name,
    hint: row.hint,
    createdAt: Number(row.created_at),
    lastUsedAt: row.last_used_at === null ? null : Number(row.last_used_at),
  };
}
