import { median } from './figures.js';
import { preciseNow, startReceiver } from './receiver.js';
import { type BenchServer, startServer } from './server.js';

const waiting = 10_000;
const measured = 300;
const every = 20;

type Id = { id: string };

/**
 * One endpoint hangs for 30 s with 10,000 deliveries waiting: what becomes of the latency (ms) of another, from the
 * request that makes the event to the arrival of the event. Alone: before the other one is there, and after it is gone.
 */
export async function besideOneThatHangs() {
  const server = await startServer({ DELIVERY_TIMEOUT: '40s' });
  const receiver = await startReceiver();
  try {
    const bot = await botWith(server, receiver.url);
    const hanging = await botWith(server, `${receiver.url}/hang`);
    const latencies = latenciesOf(server, receiver, bot.id);
    await latencies();
    const before = await latencies();
    await Promise.all(Array.from({ length: 8 }, () => fill(server, hanging.id, waiting / 8)));
    const beside = await latencies();
    const { data } = await server.api<{ data: Id[] }>(
      'GET',
      `/webhooks/${hanging.webhook}/deliveries?status=sending`,
    );
    await server.api('DELETE', `/webhooks/${hanging.webhook}`);
    const after = await latencies();
    const alone = median([...before, ...after]);
    return {
      waiting,
      hangingAtOnce: data.length,
      alone,
      beside: median(beside),
      ratio: median(beside) / alone,
    };
  } finally {
    await receiver.stop();
    await server.stop();
  }
}

async function botWith({ api }: BenchServer, targetUrl: string) {
  const { id } = await api<Id>('POST', '/bots', { name: 'Shop', humanTakeover: true });
  const webhook = await api<Id>('POST', `/bots/${id}/webhooks`, { type: 'conversation.started', targetUrl });
  return { id, webhook: webhook.id };
}

const begin = ({ api }: BenchServer, bot: string, initialMessage: string) =>
  api('POST', `/bots/${bot}/conversations`, { channelType: 'web', initialMessage });

async function fill(server: BenchServer, bot: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await begin(server, bot, 'Hello');
}

function latenciesOf(server: BenchServer, receiver: Awaited<ReturnType<typeof startReceiver>>, bot: string) {
  const sent = new Map<string, { at: number; arrived: (latency: number) => void }>();
  let number = 0;
  receiver.arrived(({ message, at }) => {
    const it = sent.get(message);
    it?.arrived(at - it.at);
  });
  return async (): Promise<number[]> => {
    const latencies: Promise<number>[] = [];
    for (let index = 0; index < measured; index++) {
      const message = `event ${number++}`;
      latencies.push(new Promise((arrived) => sent.set(message, { at: preciseNow(), arrived })));
      await Promise.all([begin(server, bot, message), new Promise((resolve) => setTimeout(resolve, every))]);
    }
    return Promise.all(latencies);
  };
}
