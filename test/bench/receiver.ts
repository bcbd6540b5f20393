import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

export type Arrival = { message: string; at: number };

/** Ms since 1970, finer than `Date.now()`, the same in every thread. */
export const preciseNow = () => performance.timeOrigin + performance.now();

/** An HTTP server in a thread of its own. It keeps what it gets for 30 s with `/hang`, and answers all else at once. */
export async function startReceiver(): Promise<{
  url: string;
  arrived: (hear: (arrival: Arrival) => void) => void;
  stop: () => Promise<unknown>;
}> {
  const worker = new Worker(new URL(import.meta.url));
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    arrived: (hear) => void worker.on('message', hear),
    stop: () => worker.terminate(),
  };
}

if (!isMainThread) {
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    if (req.url === '/hang') return void setTimeout(() => res.end(), 30_000);
    res.end();
    const { conversation } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    parentPort!.postMessage({ message: conversation.initialMessage, at: preciseNow() } satisfies Arrival);
  });
  server.listen(0, '127.0.0.1', () => parentPort!.postMessage((server.address() as AddressInfo).port));
}
