import { randomUUID } from 'node:crypto';
import limited from 'p-limit';
import PgBoss from 'pg-boss';
import { Agent } from 'undici';
import { agentOptions, type Contestant, type Message, message, post, type Task } from './contestant.js';

const aBatch = 200;
const insertedAtOnce = 1_000;

/**
 * pg-boss: a queue for each webhook. As it comes, a worker rests until half a second has passed after each batch: here
 * it is told that there is more (`notifyWorker`), and has a second worker to send while the first one fetches.
 */
export const boss = (task: Task) => working(task, { settlesEach: false });

/**
 * The same, but each is settled as soon as it is answered and not with its batch, so that a process that dies repeats
 * no more than what was under way.
 */
export const bossOneByOne = (task: Task) => working(task, { settlesEach: true });

async function working(
  { url, webhooks, atOnce, store }: Task,
  { settlesEach }: { settlesEach: boolean },
): Promise<Contestant> {
  const agent = new Agent(agentOptions);
  const pgBoss = new PgBoss({ connectionString: store, max: 20 });
  pgBoss.on('error', (error) => console.error(error));
  await pgBoss.start();
  const name = randomUUID();
  const queues = Array.from({ length: webhooks }, (_, lane) => `${name}-${lane}`);
  for (const queue of queues)
    await pgBoss.createQueue(queue, { name: queue, retryLimit: 9, retryBackoff: true });

  async function deliver(queue: string, { id, data }: PgBoss.Job<Message>): Promise<void> {
    await post(agent, data);
    if (settlesEach) await pgBoss.complete(queue, id);
  }

  async function work(queue: string, limit: ReturnType<typeof limited>): Promise<void> {
    let worker = '';
    const options = { batchSize: aBatch, pollingIntervalSeconds: 0.5, priority: false };
    worker = await pgBoss.work<Message>(queue, options, async (jobs) => {
      await Promise.all(jobs.map((job) => limit(() => deliver(queue, job))));
      pgBoss.notifyWorker(worker);
    });
  }

  return {
    async fill(count) {
      for (const [lane, queue] of queues.entries()) {
        const jobs: PgBoss.JobInsert[] = [];
        for (let n = lane; n < count; n += webhooks)
          jobs.push({
            name: queue,
            data: message(`${url}/${lane}`, n),
            retryLimit: 9,
            retryDelay: 5,
            retryBackoff: true,
          });
        for (let from = 0; from < jobs.length; from += insertedAtOnce)
          await pgBoss.insert(jobs.slice(from, from + insertedAtOnce));
      }
      await pgBoss.getDb().executeSql('ANALYZE', []);
    },
    async begin() {
      for (const queue of queues) {
        const limit = limited(atOnce);
        await Promise.all([work(queue, limit), work(queue, limit)]);
      }
    },
    async delivered() {
      const sql = `SELECT count(*) FROM pgboss.job WHERE name = ANY ($1) AND state = 'completed'`;
      const { rows } = await pgBoss.getDb().executeSql(sql, [queues]);
      return Number(rows[0].count);
    },
    async stop() {
      await pgBoss.stop({ graceful: false });
      await agent.destroy();
    },
  };
}
