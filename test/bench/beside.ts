import { median } from './figures.js';
import { preciseNow, startReceiver } from './receiver.js';
import type { Report } from './report.js';
import { type BenchServer, startServer } from './server.js';

const waiting = 10_000;
const rounds = 10;
const measured = 60;
const every = 20;

type Id = { id: string };

/**
 * One endpoint hangs for 30 s with 10,000 deliveries waiting: what becomes of the latency (ms) of another, from the
 * request that makes the event to the arrival of the event. Alone: at a second server where there is no other; the two
 * are measured in turn, so that whatever else this machine does is in both.
 */
export async function besideOneThatHangs(): Promise<Report> {
  const [quiet, busy] = [await startServer(), await startServer({ DELIVERY_TIMEOUT: '40s' })];
  const receivers = [await startReceiver(), await startReceiver()] as const;
  try {
    const hanging = await botWith(busy, `${receivers[1].url}/hang`);
    const atQuiet = latenciesOf(quiet, receivers[0], (await botWith(quiet, receivers[0].url)).id);
    const atBusy = latenciesOf(busy, receivers[1], (await botWith(busy, receivers[1].url)).id);
    await Promise.all(Array.from({ length: 8 }, () => fill(busy, hanging.id, waiting / 8)));
    const alone: number[] = [];
    const beside: number[] = [];
    await Promise.all([atQuiet(), atBusy()]);
    for (let round = 0; round < rounds; round++) {
      alone.push(...(await atQuiet()));
      beside.push(...(await atBusy()));
    }
    const path = `/webhooks/${hanging.webhook}/deliveries?status=sending`;
    const { data } = await busy.api<{ data: Id[] }>('GET', path);
    return {
      rows: { alone: { 'p50, ms': median(alone) }, beside: { 'p50, ms': median(beside) } },
      notes: [`${waiting} wait for the one that hangs, ${data.length} of them are under way.`],
      targets: [{ what: 'beside / alone', value: median(beside) / median(alone), atMost: 1.2 }],
    };
  } finally {
    for (const one of [...receivers, quiet, busy]) await one.stop();
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
