import { createHash } from 'node:crypto';
import type { Deps } from '../deps.js';
import { Conflict, Invalid } from '../errors.js';
import type { Answer } from './endpoint.js';

const aDay = 24 * 3_600_000;
const aMinute = 60_000;

/** `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key within 24 h gives the first answer again. */
export function idempotency({ db, vault }: Pick<Deps, 'db' | 'vault'>) {
  const table = () => db('idempotency_keys');

  async function first(id: { user_id: string; key: string }, request: string, at: number): Promise<boolean> {
    await table()
      .where(id)
      .where('created_at', '<', at - aDay)
      .delete();
    // Without an answer after a minute, the process that took it up is gone.
    await table()
      .where(id)
      .whereNull('status')
      .where('created_at', '<', at - aMinute)
      .delete();
    const row = { ...id, request, created_at: at };
    return (await table().insert(row).onConflict(['user_id', 'key']).ignore().returning('key')).length === 1;
  }

  return {
    /** Runs once for a user, key and request. Throws `Invalid` for another request, `Conflict` while the first runs. */
    async once(
      given: { userId: string; key: string; request: unknown },
      at: number,
      run: () => Promise<Answer>,
    ): Promise<Answer> {
      if (given.key.length > 255)
        throw new Invalid([{ path: 'Idempotency-Key', message: 'At most 255 characters' }]);
      const id = { user_id: given.userId, key: given.key };
      const request = createHash('sha256').update(JSON.stringify(given.request)).digest('hex');
      if (await first(id, request, at)) return answered(id, run);

      const row = await table().where(id).first();
      if (row?.request !== request) {
        throw new Invalid([{ path: 'Idempotency-Key', message: 'Used before for another request' }]);
      }
      if (row.answer === null)
        throw new Conflict('The first request with this Idempotency-Key is still running');
      return { status: row.status, body: JSON.parse(vault.open(row.answer)) };
    },

    prune: (at: number) =>
      table()
        .where('created_at', '<', at - aDay)
        .delete(),
  };

  async function answered(id: { user_id: string; key: string }, run: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await run();
      const sealed = vault.seal(JSON.stringify(answer.body ?? null));
      await table().where(id).update({ status: answer.status, answer: sealed });
      return answer;
    } catch (error) {
      await table().where(id).delete();
      throw error;
    }
  }
}
