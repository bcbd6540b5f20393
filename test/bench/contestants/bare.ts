import { Agent } from 'undici';
import { agentOptions, type Contestant, type Message, message, post, type Task } from './contestant.js';

/** The limit of what this machine can do: nothing is stored, nothing is tried again. */
export async function bareLoop({ url, webhooks, atOnce }: Task): Promise<Contestant> {
  const agent = new Agent(agentOptions);
  const queues = Array.from({ length: webhooks }, () => [] as Message[]);
  let delivered = 0;

  async function loop(queue: Message[]): Promise<void> {
    for (let next = queue.pop(); next; next = queue.pop()) {
      await post(agent, next);
      delivered++;
    }
  }

  return {
    async fill(count) {
      for (let n = 0; n < count; n++) {
        const lane = n % webhooks;
        queues[lane]!.push(message(`${url}/${lane}`, n));
      }
    },
    async begin() {
      for (const queue of queues) for (let n = 0; n < atOnce; n++) void loop(queue);
    },
    delivered: async () => delivered,
    stop: () => agent.destroy(),
  };
}
