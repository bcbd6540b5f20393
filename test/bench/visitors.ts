import { randomUUID } from 'node:crypto';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { Agent, type Dispatcher } from 'undici';
import { eventually } from '../support/eventually.js';
import { median, percentile } from './figures.js';
import type { Options } from './options.js';
import type { Report } from './report.js';
import { startServer } from './server.js';

const visitors = 500;
const pause = 10_000;
const turns = 6;
const products = 2000;

type Visitor = { origin: string; path: string; token: string; address: string };
type Times = { echo: number[]; reply: number[] };
type Round = { times: Times; cpuShare: number; peakMemory: number };

/**
 * So many visitors connected at once, each writing every 10 s for a minute. `echo` is the time from sending a message
 * to its coming back on the visitor's stream, `reply` to the bot's answer to it, in ms.
 */
export async function visitorsAtOnce({ rounds }: Options): Promise<Report> {
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) measured.push(await aMinute());
  const of = (figure: (round: Round) => number) => median(measured.map(figure));
  const figures = (which: keyof Times) => ({
    'p50, ms': of(({ times }) => percentile(times[which], 0.5)),
    'p99, ms': of(({ times }) => percentile(times[which], 0.99)),
    'slowest p99, ms': Math.max(...measured.map(({ times }) => percentile(times[which], 0.99))),
  });
  const share = Math.round(of(({ cpuShare }) => cpuShare) * 100);
  const memory = Math.round(Math.max(...measured.map(({ peakMemory }) => peakMemory)));
  return {
    rows: { echo: figures('echo'), reply: figures('reply') },
    notes: [
      `${visitors} visitors, ${measured[0]!.times.echo.length} messages a round, medians of ${rounds} rounds, ${share} % of one processor, ${memory} MB at most.`,
    ],
  };
}

async function aMinute(): Promise<Round> {
  const server = await startServer({ TRUST_PROXY: '1' });
  const agent = new Agent({ connections: null, pipelining: 1, bodyTimeout: 0 });
  try {
    const bot = await botThatKnows(server.api);
    const people: Visitor[] = [];
    for (let number = 0; number < visitors; number++)
      people.push(await arrive(agent, server.url, bot, number));
    const times: Times = { echo: [], reply: [] };
    const followed = await Promise.all(people.map((visitor) => follow(agent, visitor, times)));
    const before = { cpu: server.cpu(), at: performance.now() };
    await Promise.all(followed.map((stream, number) => talk(agent, people[number]!, stream, number)));
    const seconds = (performance.now() - before.at) / 1000;
    const cpuShare = (server.cpu() - before.cpu) / (seconds * 1000);
    return { times, cpuShare, peakMemory: server.peakMemory() };
  } finally {
    await agent.destroy();
    await server.stop();
  }
}

async function botThatKnows(api: Awaited<ReturnType<typeof startServer>>['api']): Promise<string> {
  const { id } = await api<{ id: string }>('POST', '/bots', { name: 'Shop' });
  const entries = Array.from({ length: products }, (_, number) => ({
    title: `Product ${number}`,
    text: `Product ${number} is sent within ${number % 9} days. It is returned to the shop in ${number % 31} days, and its guarantee is ${number % 5} years.`,
  }));
  const source = await api<{ id: string }>('POST', `/bots/${id}/data-sources`, {
    name: 'Products',
    type: 'text',
    config: { entries },
  });
  await eventually('the bot has read', async () => {
    const { status } = await api<{ status: string }>('GET', `/data-sources/${source.id}`);
    return status === 'synced';
  });
  return id;
}

/** The first message; each visitor has an address of their own, as behind a proxy. */
async function arrive(agent: Agent, origin: string, bot: string, number: number): Promise<Visitor> {
  const address = `10.0.${number >> 8}.${number & 255}`;
  const path = `/api/public/chat/${bot}/conversations`;
  const answer = await post(
    agent,
    { origin, path, token: randomUUID().repeat(2), address },
    '',
    'Hello',
    'first',
  );
  const { token, conversation } = answer as { token: string; conversation: { id: string } };
  return { origin, path: `${path}/${conversation.id}`, token, address };
}

type Stream = {
  /** Notes that a message is on its way; resolves when it was answered. */
  expect: (clientId: string) => Promise<void>;
  close: () => void;
};

/** Opens the visitor's stream; resolves with its first event. */
async function follow(agent: Agent, visitor: Visitor, times: Times): Promise<Stream> {
  const sent = new Map<string, { at: number; answered: () => void }>();
  const echoed = new Map<number, { at: number; answered: () => void }>();
  let opened: () => void;
  const isOpen = new Promise<void>((resolve) => {
    opened = resolve;
  });
  const parser = createParser({
    onEvent({ event, data }: EventSourceMessage) {
      opened();
      if (event !== 'message') return;
      const { clientId, number, replyTo } = JSON.parse(data);
      const mine = sent.get(clientId);
      if (mine) {
        times.echo.push(performance.now() - mine.at);
        echoed.set(number, mine);
      }
      const asked = echoed.get(replyTo);
      if (!asked) return;
      times.reply.push(performance.now() - asked.at);
      asked.answered();
    },
  });
  const { body } = await agent.request({
    origin: visitor.origin,
    path: `${visitor.path}/stream`,
    method: 'GET',
    headers: headersOf(visitor),
  });
  const decoder = new TextDecoder();
  body
    .on('data', (chunk: Buffer) => parser.feed(decoder.decode(chunk, { stream: true })))
    .on('error', () => {});
  await isOpen;
  return {
    expect: (clientId) =>
      new Promise((answered) => {
        sent.set(clientId, { at: performance.now(), answered });
      }),
    close: () => body.destroy(),
  };
}

async function talk(agent: Agent, visitor: Visitor, stream: Stream, number: number): Promise<void> {
  await after((number / visitors) * pause);
  for (let turn = 0; turn < turns; turn++) {
    const next = after(turn < turns - 1 ? pause : 0);
    const question = `When is product ${(number * 7 + turn * 131) % products} sent, and how long is its guarantee?`;
    const answered = stream.expect(`turn-${turn}`);
    await post(agent, visitor, '/messages', question, `turn-${turn}`);
    await Promise.all([answered, next]);
  }
  stream.close();
}

async function post(
  agent: Agent,
  visitor: Visitor,
  path: string,
  content: string,
  clientId: string,
): Promise<unknown> {
  const answer = await agent.request({
    origin: visitor.origin,
    path: visitor.path + path,
    method: 'POST',
    headers: { ...headersOf(visitor), 'Content-Type': 'application/json' },
    body: JSON.stringify({ content, clientId }),
  } satisfies Dispatcher.RequestOptions);
  if (answer.statusCode !== 201) throw new Error(`${answer.statusCode}: ${await answer.body.text()}`);
  return answer.body.json();
}

const headersOf = ({ token, address }: Visitor) => ({
  Authorization: `Bearer ${token}`,
  'X-Forwarded-For': address,
});

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
