import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  at: number;
};
type Reply = (req: IncomingMessage, res: ServerResponse, received: Received) => void;

export type Receiver = {
  url: string;
  received: Received[];
  /** Most requests that were open at the same time. */
  mostAtOnce: () => number;
  /** How every request from now on is answered. */
  answer: (reply: number | Reply) => void;
  /** The first `count` requests, as soon as they are there. */
  wait: (count: number) => Promise<Received[]>;
  close: () => Promise<void>;
};

/** A real HTTP server on a free port of this machine that keeps all it gets. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let open = 0;
  let most = 0;
  let reply: Reply = (_req, res) => res.end();

  const server = createServer(async (req, res) => {
    most = Math.max(most, ++open);
    res.on('close', () => open--);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const got: Received = {
      method: req.method!,
      path: req.url!,
      headers: req.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString('utf8'),
      at: Date.now(),
    };
    received.push(got);
    reply(req, res, got);
    for (const look of waiting) look();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    mostAtOnce: () => most,
    answer: (next) => {
      reply = typeof next === 'number' ? (_req, res) => res.writeHead(next).end() : next;
    },
    wait: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return;
          waiting.delete(look);
          resolve(received.slice(0, count));
        };
        waiting.add(look);
        look();
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
