import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import { Agent } from 'undici';
import { agentOptions, type Contestant, type Message, message, post, type Task } from './contestant.js';

const aBatch = 1_000;

/** BullMQ: a queue for each webhook, so that each has its own limit of requests at once. All else is its default. */
export async function bull({ url, webhooks, atOnce, store }: Task): Promise<Contestant> {
  const connection = { host: '127.0.0.1', port: Number(store), maxRetriesPerRequest: null };
  const agent = new Agent(agentOptions);
  const name = randomUUID();
  const queues = Array.from({ length: webhooks }, (_, lane) => new Queue(`${name}-${lane}`, { connection }));
  const workers = queues.map(
    (queue) =>
      new Worker<Message>(queue.name, ({ data }) => post(agent, data), {
        connection,
        concurrency: atOnce,
        autorun: false,
      }),
  );
  await Promise.all([...queues, ...workers].map((one) => one.waitUntilReady()));
  return {
    async fill(count) {
      for (const [lane, queue] of queues.entries()) {
        const jobs = [];
        for (let n = lane; n < count; n += webhooks) {
          const opts = { attempts: 10, backoff: { type: 'exponential', delay: 5_000 } };
          jobs.push({ name: 'sync.success', data: message(`${url}/${lane}`, n), opts });
        }
        for (let from = 0; from < jobs.length; from += aBatch)
          await queue.addBulk(jobs.slice(from, from + aBatch));
      }
    },
    async begin() {
      for (const worker of workers) void worker.run();
    },
    async delivered() {
      const counts = await Promise.all(queues.map((queue) => queue.getCompletedCount()));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all(queues.map((queue) => queue.close()));
      await agent.destroy();
    },
  };
}
