import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import pLimit from 'p-limit';
import { v7 as uuid } from 'uuid';
import type { Config } from '../config.js';
import { lock } from '../databases/lock.js';
import type { Deps } from '../deps.js';
import { Conflict, Forbidden, Invalid, NotFound } from '../errors.js';
import { type Actor, hookbell } from './actor.js';
import { auditLog } from './audit.js';
import { hashPassword, verifyPassword } from './passwords.js';
import { firstAdmin, type NewUser } from './schema.js';
import { apiKeyStore, type User, userStore } from './store.js';

const aMinute = 60_000;
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

export type AccountService = ReturnType<typeof accountService>;

export function accountService({ db, reader, vault }: Pick<Deps, 'db' | 'reader' | 'vault'>) {
  const users = userStore(reader);
  const keys = apiKeyStore(reader);
  const stampKey = vault.derive('session stamps');
  const stampOf = (hash: string) => createHmac('sha256', stampKey).update(hash).digest('base64url');
  // Whoever loses the race for the first admin costs no hash.
  const oneAtATime = pLimit(1);
  const isSetUp = async () => (await users.admins()) > 0;

  async function insertUser(
    tx: Knex,
    input: NewUser,
    passwordHash: string,
    actor: Actor,
    at: number,
  ): Promise<User> {
    const user: User = { id: uuid(), email: input.email, name: input.name, role: input.role, createdAt: at };
    if (await userStore(tx).findByEmail(input.email)) {
      throw new Invalid([{ path: 'email', message: 'There is a user with this e-mail address already' }]);
    }
    await userStore(tx).insert(user, passwordHash);
    await auditLog(tx).record(
      actor,
      { action: 'user.created', subject: user.email, subjectId: user.id, details: { role: user.role } },
      at,
    );
    return user;
  }

  async function requireOtherAdmin(tx: Knex, user: User): Promise<void> {
    await lock(tx, 'admins');
    if (user.role === 'admin' && (await userStore(tx).admins()) === 1) {
      throw new Conflict('This is the only admin: make somebody else an admin first');
    }
  }

  /** Makes the first admin. Throws `Conflict` when somebody was first. */
  async function createFirstAdmin(input: Omit<NewUser, 'role'>, at: number): Promise<User> {
    return oneAtATime(async () => {
      const taken = new Conflict('Hookbell has an admin already: sign in instead');
      if (await isSetUp()) throw taken;
      const passwordHash = await hashPassword(input.password);
      return db.transaction(async (tx) => {
        if ((await userStore(tx).admins()) > 0 || !(await userStore(tx).claimSetup())) throw taken;
        return insertUser(tx, { ...input, role: 'admin' }, passwordHash, hookbell, at);
      });
    });
  }

  return {
    /** The one-time token of `/setup`: the same after a restart, useless once there is an admin. */
    setupToken: () => vault.derive('setup token').slice(0, 32),

    /** Whether there is an admin; until then `/setup` makes one. */
    isSetUp,

    createFirstAdmin,

    /** Makes the admin of `ADMIN_EMAIL` and `ADMIN_PASSWORD` where there is no user yet. */
    async createConfiguredAdmin(
      config: Pick<Config, 'adminEmail' | 'adminPassword'>,
      at: number,
    ): Promise<void> {
      const { adminEmail: email, adminPassword: password } = config;
      if (!email || !password || (await users.count()) > 0) return;
      try {
        await createFirstAdmin(firstAdmin.parse({ email, password, name: 'Admin' }), at);
      } catch (error) {
        // Another process that starts on the same database was first.
        if (!(error instanceof Conflict)) throw error;
      }
    },

    async createUser(input: NewUser, actor: Actor, at: number): Promise<User> {
      const passwordHash = await hashPassword(input.password);
      return db.transaction((tx) => insertUser(tx, input, passwordHash, actor, at));
    },

    async changeRole(id: string, role: Actor['role'], actor: Actor, at: number): Promise<void> {
      await db.transaction(async (tx) => {
        const user = await found(userStore(tx), id);
        if (user.role === role) return;
        await requireOtherAdmin(tx, user);
        await userStore(tx).update(id, { role });
        await auditLog(tx).record(
          actor,
          { action: 'user.role-changed', subject: user.email, subjectId: id, details: { role } },
          at,
        );
      });
    },

    /** A new password ends the user's other sessions. */
    async changePassword(id: string, password: string, actor: Actor, at: number): Promise<void> {
      const passwordHash = await hashPassword(password);
      await db.transaction(async (tx) => {
        const user = await found(userStore(tx), id);
        await userStore(tx).update(id, { password_hash: passwordHash });
        await auditLog(tx).record(
          actor,
          { action: 'user.password-changed', subject: user.email, subjectId: id },
          at,
        );
      });
    },

    async removeUser(id: string, actor: Actor, at: number): Promise<void> {
      if (id === actor.id) throw new Conflict('You cannot remove yourself');
      await db.transaction(async (tx) => {
        const user = await found(userStore(tx), id);
        await requireOtherAdmin(tx, user);
        await userStore(tx).remove(id);
        await auditLog(tx).record(actor, { action: 'user.removed', subject: user.email, subjectId: id }, at);
      });
    },

    /** The user with this e-mail address and password, or null. Takes the same time for an unknown address. */
    async signIn(email: string, password: string): Promise<User | null> {
      const { hash = null, ...user } = (await users.withPassword({ email })) ?? {};
      return (await verifyPassword(password, hash)) ? (user as User) : null;
    },

    /** What a session of this user must carry; a new password changes it. */
    async stampOf(id: string): Promise<string> {
      return stampOf((await users.withPassword({ id }))?.hash ?? '');
    },

    /** The user of a session; null once the user was removed or has another password. */
    async userOfSession(id: string, stamp: string): Promise<User | null> {
      const { hash = '', ...user } = (await users.withPassword({ id })) ?? {};
      return hash && stampOf(hash) === stamp ? (user as User) : null;
    },

    find: (id: string) => users.find(id),
    findByEmail: (email: string) => users.findByEmail(email),
    list: () => users.list(),
    keysOf: (userId: string) => keys.listOf(userId),

    /** A new API key, `hb_` and 40 characters; only its SHA-256 is kept. */
    async createApiKey(
      owner: Pick<User, 'id' | 'email'>,
      name: string,
      actor: Actor,
      at: number,
    ): Promise<string> {
      const key = `hb_${randomBytes(30).toString('base64url')}`;
      await db.transaction(async (tx) => {
        const id = uuid();
        const hint = `${key.slice(0, 7)}…${key.slice(-4)}`;
        await apiKeyStore(tx).insert(
          { id, userId: owner.id, name, hint, createdAt: at, lastUsedAt: null },
          hashOf(key),
        );
        await auditLog(tx).record(
          actor,
          { action: 'api-key.created', subject: name, subjectId: id, details: { user: owner.email } },
          at,
        );
      });
      return key;
    },

    /** One's own, or anyone's for an admin. */
    async revokeApiKey(id: string, actor: Actor, at: number): Promise<void> {
      await db.transaction(async (tx) => {
        const key = await apiKeyStore(tx).find(id);
        if (!key) throw new NotFound('API key');
        if (key.userId !== actor.id && actor.role !== 'admin') throw new Forbidden();
        await apiKeyStore(tx).remove(id);
        await auditLog(tx).record(actor, { action: 'api-key.revoked', subject: key.name, subjectId: id }, at);
      });
    },

    /** The user an API key acts as; null for a key that does not exist. */
    async userOfKey(key: string, at: number): Promise<User | null> {
      const found = await keys.findByHash(hashOf(key));
      if (!found) return null;
      if (at - (found.lastUsedAt ?? 0) > aMinute) await apiKeyStore(db).used(found.id, at);
      return users.find(found.userId);
    },

    auditPage: (limit: number, before: number | null) => auditLog(reader).page(limit, before),
  };
}

async function found(store: ReturnType<typeof userStore>, id: string): Promise<User> {
  const user = await store.find(id);
  if (!user) throw new NotFound('User');
  return user;
}
