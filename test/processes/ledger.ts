import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** What a delivery of these tests holds. */
export type Told = { conversation: number; number: number };

export type Ledger = Awaited<ReturnType<typeof startLedger>>;

/**
 * A receiver that keeps account of what it gets, a webhook by its path: it answers after some milliseconds, refuses
 * one in fifty at first, and notes what must never be.
 */
export async function startLedger() {
  const taken = new Set<string>();
  const wrong: string[] = [];
  const open = new Map<string, Set<ServerResponse>>();
  const most = new Map<string, number>();
  const lines = new Map<string, Set<number>>();
  let requests = 0;
  let duplicates = 0;

  /** How many are in flight under this name now. One whose sender has hung up is not, though its end is yet to be handled. */
  function enter(name: string, res: ServerResponse): number {
    const all = open.get(name) ?? new Set();
    open.set(name, all.add(res));
    res.on('close', () => all.delete(res));
    const now = [...all].filter(({ socket }) => socket && !socket.readableEnded).length;
    most.set(name, Math.max(now, most.get(name) ?? 0));
    return now;
  }

  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    // What came in meanwhile, ends of others too, is read before this one is judged.
    await setImmediate();
    const { conversation, number } = JSON.parse(Buffer.concat(chunks).toString()) as Told;
    const id = String(req.headers['webhook-id']);
    const path = req.url!;
    const line = `${path} ${conversation}`;
    const before = lines.get(line) ?? new Set<number>();
    lines.set(line, before);
    requests += 1;
    if (taken.has(id)) duplicates += 1;
    if (enter(id, res) > 1) wrong.push(`${id} is in flight twice`);
    if (number > 1 && !before.has(number - 1)) wrong.push(`${line}: ${number} came before ${number - 1}`);
    enter(path, res);
    setTimeout(
      () => {
        const isRefused = requests % 50 === 0 && !taken.has(id);
        if (!isRefused && !res.destroyed) {
          taken.add(id);
          before.add(number);
        }
        res.writeHead(isRefused ? 503 : 200).end();
      },
      1 + (requests % 10),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The ids of all that were answered well. */
    taken,
    wrong,
    requests: () => requests,
    /** Requests for what had been answered well before. */
    duplicates: () => duplicates,
    /** Most requests to this path that were open at once. */
    mostAtOnce: (path: string) => most.get(path) ?? 0,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
