import { v4 as uuid } from 'uuid';
import { type Actor, hookbell } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { Conflict, NotFound } from '../errors.js';
import { newToken, receiverUrl, tokenHash, tokenOf } from './address.js';
import { unusedFor } from './intake.js';
import { nextAttempts } from './pending.js';
import { requestStore } from './requests.js';
import type { Answer } from './schema.js';
import { type SendingWebhook, senders } from './senders.js';
import { type Receiver, receiverStore } from './store.js';

const most = 50;
const mostOfOne = 20;
/** Characters of a body that lists show; its own page shows all that was kept. */
export const bodyShown = 8 * 1024;

export type Behind =
  | { kind: 'elsewhere' }
  | { kind: 'gone' }
  | { kind: 'here'; receiver: Pick<Receiver, 'id' | 'name'> | null };

export type ReceiverService = ReturnType<typeof receiverService>;

/** What people do with test receivers. A receiver is seen by its maker and by admins. */
export function receiverService({
  config,
  db,
  reader,
  vault,
  live,
}: Pick<Deps, 'config' | 'db' | 'reader' | 'vault' | 'live'>) {
  const subjectOf = ({ id, name }: Receiver) => ({ subject: name, subjectId: id });
  const tokenIn = ({ sealedToken }: Receiver) => vault.open(sealedToken);
  const maySee = (actor: Actor, { userId }: Receiver) =>
    actor.role === 'admin' || (userId !== null && userId === actor.id);

  /** Throws `NotFound` for a stranger too: nobody learns of others' receivers. */
  async function seenBy(actor: Actor, id: string): Promise<Receiver> {
    const receiver = await receiverStore(reader).find(id);
    if (!receiver || !maySee(actor, receiver)) throw new NotFound('Test receiver');
    return receiver;
  }

  function changed(id: string): void {
    live.publish(`receiver:${id}`, 'request');
  }

  return {
    seenBy,

    urlOf: (receiver: Receiver): string => receiverUrl(config.publicUrl, tokenIn(receiver)),

    async list(actor: Actor) {
      const listed = await receiverStore(reader).list(actor.role === 'admin' ? null : actor.id);
      return Promise.all(
        listed.map(async (one) => ({
          ...one,
          senders: await senders(reader, vault).list(tokenIn(one)),
        })),
      );
    },

    /** What a webhook's target is, seen from here; `receiver` is null where the actor may not see the receiver. */
    async behind(targetUrl: string | null, actor: Actor): Promise<Behind> {
      const token = targetUrl && tokenOf(config.publicUrl, targetUrl);
      if (!token) return { kind: 'elsewhere' };
      const receiver = await receiverStore(reader).findByHash(tokenHash(token));
      if (!receiver) return { kind: 'gone' };
      return { kind: 'here', receiver: maySee(actor, receiver) ? receiver : null };
    },

    sendersTo: (receiver: Receiver): Promise<SendingWebhook[]> =>
      senders(reader, vault).list(tokenIn(receiver)),

    requestsOf: (receiver: Receiver, window: Window) =>
      requestStore(reader).listOf(receiver.id, window, bodyShown),

    /** When each of these messages is sent again, of those that wait. */
    nextAttempts: (messageIds: string[]) => nextAttempts(reader, messageIds),

    async requestOf(receiver: Receiver, id: number) {
      const request = Number.isSafeInteger(id) ? await requestStore(reader).find(receiver.id, id) : null;
      if (!request) throw new NotFound('Request');
      return request;
    },

    headersOf: ({ sealedHeaders }: { sealedHeaders: string }) =>
      JSON.parse(vault.open(sealedHeaders)) as [name: string, value: string][],

    async create(actor: Actor, at: number, { name }: { name?: string | undefined } = {}): Promise<Receiver> {
      const token = newToken();
      const receiver: Receiver = {
        id: uuid(),
        name: name ?? '',
        sealedToken: vault.seal(token),
        userId: actor.id,
        answer: { kind: '200', seconds: null },
        createdAt: at,
        usedAt: at,
      };
      await db.transaction(async (tx) => {
        const store = receiverStore(tx);
        if (actor.id !== null && (await store.count(actor.id)) >= mostOfOne)
          throw new Conflict(
            `You have ${mostOfOne} test receivers already: delete one that you no longer need`,
          );
        if ((await store.count(null)) >= most)
          throw new Conflict(`There are ${most} test receivers already: somebody has to delete one first`);
        receiver.name ||= nextName(await store.names());
        await store.insert(receiver, tokenHash(token));
        await auditLog(tx).record(actor, { action: 'test-receiver.created', ...subjectOf(receiver) }, at);
      });
      return receiver;
    },

    async rename(id: string, name: string, actor: Actor, at: number): Promise<void> {
      const receiver = await seenBy(actor, id);
      if (receiver.name === name) return;
      await db.transaction(async (tx) => {
        await receiverStore(tx).rename(id, name);
        await auditLog(tx).record(
          actor,
          { action: 'test-receiver.changed', ...subjectOf(receiver), details: { name } },
          at,
        );
      });
    },

    /** From the next request on. */
    async answerWith(id: string, answer: Answer, actor: Actor, at: number): Promise<void> {
      const receiver = await seenBy(actor, id);
      await db.transaction(async (tx) => {
        await receiverStore(tx).answerWith(id, answer, at);
        const details = { answer: answer.kind, seconds: answer.seconds };
        await auditLog(tx).record(
          actor,
          { action: 'test-receiver.changed', ...subjectOf(receiver), details },
          at,
        );
      });
      changed(id);
    },

    async clear(id: string, actor: Actor, at: number): Promise<void> {
      const receiver = await seenBy(actor, id);
      await db.transaction(async (tx) => {
        const requests = await requestStore(tx).clear(id);
        await auditLog(tx).record(
          actor,
          { action: 'test-receiver.cleared', ...subjectOf(receiver), details: { requests } },
          at,
        );
      });
      changed(id);
    },

    async remove(id: string, actor: Actor, at: number): Promise<void> {
      const receiver = await seenBy(actor, id);
      await db.transaction(async (tx) => {
        await receiverStore(tx).remove(id);
        await auditLog(tx).record(actor, { action: 'test-receiver.deleted', ...subjectOf(receiver) }, at);
      });
      changed(id);
    },

    /** Removes what was not used for a week, with all it got. */
    async prune(at: number): Promise<void> {
      for (const receiver of await receiverStore(reader).unusedSince(at - unusedFor)) {
        await db.transaction(async (tx) => {
          if (!(await receiverStore(tx).removeUnused(receiver.id, at - unusedFor))) return;
          const details = { reason: 'not used for 7 days' };
          await auditLog(tx).record(
            hookbell,
            { action: 'test-receiver.deleted', ...subjectOf(receiver), details },
            at,
          );
        });
      }
    },
  };
}

const numbered = /^Test receiver (\d{1,6})$/;

/** Numbered, after the highest number that there is. */
function nextName(names: string[]): string {
  const numbers = names.map((name) => Number(numbered.exec(name)?.[1] ?? 0));
  return `Test receiver ${Math.max(0, ...numbers) + 1}`;
}
