import { createHash, timingSafeEqual } from 'node:crypto';
import type { Knex } from 'knex';
import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { type AuditEntry, auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Invalid, NotFound } from '../errors.js';
import { newSecret } from '../webhooks/secrets.js';
import type { ChannelChanges, NewChannel } from './schema.js';
import { type Channel, channelStore } from './store.js';

export type ChannelService = ReturnType<typeof channelService>;

/** The API channels of bots: how programs of others talk to them, with a secret each. */
export function channelService(
  { db, reader, vault }: Pick<Deps, 'db' | 'reader' | 'vault'>,
  { bots }: { bots: Pick<BotService, 'seenBy' | 'owns'> },
) {
  bots.owns({
    async describe(botId) {
      const count = await channelStore(reader).count(botId);
      return count === 0 ? null : `${count} API ${count === 1 ? 'channel' : 'channels'}`;
    },
    remove: (tx, botId) => channelStore(tx).removeAllOf(botId),
  });

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Channel> {
    const channel = await channelStore(reader).find(id);
    if (!channel) throw new NotFound('API channel');
    await bots.seenBy(actor, channel.botId);
    return channel;
  }

  const changed = (
    { id, name }: Pick<Channel, 'id' | 'name'>,
    actor: Actor,
    at: number,
    entry: Pick<AuditEntry, 'action' | 'details'>,
    change: (tx: Knex.Transaction) => Promise<void> = async () => {},
  ) =>
    db.transaction(async (tx) => {
      await change(tx);
      await auditLog(tx).record(actor, { ...entry, subject: name, subjectId: id }, at);
    });

  return {
    seenBy,

    listOf: (botId: string, window: Window) => channelStore(reader).listOf(botId, window),

    async create(
      botId: string,
      { secret = newSecret(), id = uuid(), ...input }: NewChannel,
      actor: Actor,
      at: number,
    ): Promise<{ channel: Channel; secret: string }> {
      const bot = await bots.seenBy(actor, botId);
      const times = { createdAt: at, updatedAt: at };
      const channel: Channel = { ...input, id, botId: bot.id, secret: vault.seal(secret), ...times };
      const entry = { action: 'api-channel.created', details: { bot: bot.name } };
      await changed(channel, actor, at, entry, async (tx) => {
        if (await channelStore(tx).insert(channel)) return;
        throw new Invalid([{ path: 'id', message: 'Another API channel has this id already' }]);
      });
      return { channel, secret };
    },

    async change(id: string, changes: ChannelChanges, actor: Actor, at: number): Promise<Channel> {
      const before = await seenBy(actor, id);
      const differing = Object.entries(changes).filter(
        ([name, value]) => value !== undefined && value !== before[name as keyof Channel],
      );
      const given: Partial<Channel> = { ...Object.fromEntries(differing), updatedAt: at };
      const fields = differing.map(([name]) => name);
      const entry = { action: 'api-channel.changed', details: fields.length > 0 ? { fields } : {} };
      await changed({ ...before, ...given }, actor, at, entry, (tx) => written(tx, { id, ...given }));
      return { ...before, ...given };
    },

    /** A new secret, the caller's or a generated one; the old one is worth nothing from here on. */
    async rotateSecret(id: string, given: string | undefined, actor: Actor, at: number): Promise<string> {
      const channel = await seenBy(actor, id);
      const secret = given ?? newSecret();
      await changed(channel, actor, at, { action: 'api-channel.secret-rotated' }, (tx) =>
        written(tx, { id, secret: vault.seal(secret), updatedAt: at }),
      );
      return secret;
    },

    /** Shows the secret once more; that somebody looked is in the audit log. */
    async reveal(id: string, actor: Actor, at: number): Promise<string> {
      const channel = await seenBy(actor, id);
      await changed(channel, actor, at, { action: 'api-channel.secret-revealed' });
      return vault.open(channel.secret);
    },

    /** Its conversations stay with the bot. */
    async remove(id: string, actor: Actor, at: number): Promise<void> {
      const channel = await seenBy(actor, id);
      await changed(channel, actor, at, { action: 'api-channel.deleted' }, (tx) =>
        channelStore(tx).remove(id),
      );
    },

    /** The channel that this secret opens, or null. Compares in constant time, and for a channel that is not there. */
    async openedBy(id: string, secret: string): Promise<Channel | null> {
      const channel = await channelStore(reader).find(id.toLowerCase());
      const expected = channel ? vault.open(channel.secret) : '';
      const same = timingSafeEqual(digest(secret), digest(expected));
      return same && channel !== null ? channel : null;
    },
  };

  async function written(tx: Knex, changes: Partial<Channel> & { id: string }): Promise<void> {
    if (!(await channelStore(tx).update(changes))) throw new NotFound('API channel');
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest();
