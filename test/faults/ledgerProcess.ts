import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { givenArgs, tellParent, whenTold } from '../support/child.js';
import { misbehave } from './misbehaviour.js';

/** What a receiver knows of one event: when (ms) it came first, how often, and whether it was answered well. */
export type Entry = { event: string; ids: string[]; at: number; times: number; taken: boolean };

export type Account = {
  entries: Entry[];
  /** Requests for a delivery of which another request was still open. */
  twiceInFlight: number;
  /** Most requests that were open at once. */
  mostAtOnce: number;
  /** When (ms) each request came. */
  arrivals: number[];
};

type Victim = { pid: number; at: number; when: 'asked' | 'answered' };

export type Order = { kill: Victim } | { away: boolean } | { takes: number } | { ask: 'count' | 'account' };

/** A receiver that keeps account. It may kill whoever sends, in a certain request, or be away. */
const { port } = givenArgs<{ port: number }>();
const entries = new Map<string, Entry>();
const open = new Map<string, number>();
const arrivals: number[] = [];
let taken = 0;
let twiceInFlight = 0;
let atOnce = 0;
let mostAtOnce = 0;
let isAway = false;
/** How long (ms) an answer takes. */
let takes = 0;
let victim = null as Victim | null;

function enter(id: string, res: ServerResponse): void {
  const here = (open.get(id) ?? 0) + 1;
  open.set(id, here);
  if (here > 1) twiceInFlight += 1;
  mostAtOnce = Math.max(mostAtOnce, ++atOnce);
  res.on('close', () => {
    atOnce -= 1;
    if (here === 1) open.delete(id);
    else open.set(id, here - 1);
  });
}

function note(body: string, id: string): Entry {
  const event = JSON.parse(body).conversation?.id ?? id;
  const entry: Entry = entries.get(event) ?? { event, ids: [], at: Date.now(), times: 0, taken: false };
  entries.set(event, entry);
  if (!entry.ids.includes(id)) entry.ids.push(id);
  entry.times += 1;
  return entry;
}

/** Whoever is to die in this request. */
function turnOf(): Victim | null {
  if (!victim || --victim.at > 0) return null;
  const dies = victim;
  victim = null;
  return dies;
}

function answer(entry: Entry, res: ServerResponse): void {
  const dies = turnOf();
  if (dies?.when === 'asked') {
    process.kill(dies.pid, 'SIGKILL');
    return void res.destroy();
  }
  res.on('finish', () => {
    if (!entry.taken) taken += 1;
    entry.taken = true;
    if (dies) process.kill(dies.pid, 'SIGKILL');
  });
  if (takes > 0) setTimeout(() => res.end('ok'), takes);
  else res.end('ok');
}

async function receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const path = req.url!.slice(1);
  // The reader of a data source.
  if (req.method === 'GET') return misbehave(path, req, res);
  const id = String(req.headers['webhook-id']);
  enter(id, res);
  if (path) return misbehave(path, req, res);
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk);
  arrivals.push(Date.now());
  if (isAway) return void res.writeHead(503).end();
  answer(note(Buffer.concat(chunks).toString('utf8'), id), res);
}

const server = createServer((req, res) => {
  // A sender that is killed in the middle of its request.
  receive(req, res).catch(() => res.destroy());
});
server.listen(port, '127.0.0.1', () => tellParent({ port: (server.address() as AddressInfo).port }));

whenTold((order: Order) => {
  if ('kill' in order) victim = order.kill;
  else if ('away' in order) isAway = order.away;
  else if ('takes' in order) takes = order.takes;
  else if (order.ask === 'count') return tellParent({ taken });
  else
    return tellParent({
      entries: [...entries.values()],
      twiceInFlight,
      mostAtOnce,
      arrivals,
    } satisfies Account);
  tellParent({ done: true });
});
