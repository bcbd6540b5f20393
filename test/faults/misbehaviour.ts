import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

const megabyte = Buffer.alloc(1_000_000, 'x');
/** 500 MB of zeros. */
let bomb: Buffer | null = null;

/** What a receiver does that should not, by its path; it goes on for as long as anybody listens. */
export function misbehave(path: string, req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  const how = ways[path as Way];
  if (!how) return void res.writeHead(404).end();
  how(res);
}

export type Way = keyof typeof ways;

const ways = {
  hang: () => {},
  drip: (res: ServerResponse) => {
    res.writeHead(200);
    const timer = setInterval(() => res.write('.'), 50);
    res.on('close', () => clearInterval(timer));
  },
  /** 5 GB, as fast as they are taken. */
  flood: (res: ServerResponse) => {
    res.writeHead(200, { 'Content-Length': 5_000_000_000 });
    let left = 5_000;
    const pour = () => {
      while (left-- > 0) if (!res.write(megabyte)) return;
      res.end();
    };
    res.on('drain', pour);
    pour();
  },
  bomb: (res: ServerResponse) => {
    bomb ??= gzipSync(Buffer.alloc(500_000_000));
    res.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/csv' }).end(bomb);
  },
  garbage: (res: ServerResponse) => {
    res.socket!.end(`HTTP/1.1 200 OK\r\n: no name\r\nX-\0: \x01\x02\r\n${'y'.repeat(1_000)}\r\n\r\n`);
  },
  /** More of them than anybody should keep. */
  headers: (res: ServerResponse) => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `X-${n}: ${'z'.repeat(50)}`);
    res.socket!.end(`HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n`);
  },
  reset: (res: ServerResponse) => {
    res.socket!.resetAndDestroy();
  },
  cut: (res: ServerResponse) => {
    res.writeHead(200, { 'Content-Length': 1_000 }).write('half');
    setTimeout(() => res.destroy(), 20);
  },
  /** After every lease of an attempt that may take a second. */
  late: (res: ServerResponse) => {
    setTimeout(() => res.end('ok'), 20_000);
  },
};

export const waysToMisbehave = Object.keys(ways) as Way[];
