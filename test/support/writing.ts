import type { Knex } from 'knex';

const patience = 20_000;

/** Takes the connection that writes (on SQLite the only one) for as long as the work takes; fails when that has to wait. */
export async function whileSomebodyWrites<T>(db: Knex, work: () => Promise<T>): Promise<T> {
  const writing = await db.transaction();
  let timer: NodeJS.Timeout | undefined;
  const waits = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('waits for whoever writes')), patience);
  });
  try {
    await writing('webhooks').where({ id: 'none' }).update({ enabled: true });
    return await Promise.race([work(), waits]);
  } finally {
    clearTimeout(timer);
    await writing.rollback();
  }
}
