import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { givenArgs, tellParent, whenTold } from '../support/child.js';
import { monotonic } from './monotonic.js';

export type Arrived = { last: number; twice: number; kept: { body: string; at: number }[] };

/** Takes whatever comes. Each arrives when its headers have. */
const { keeps } = givenArgs<{ keeps: boolean }>();
let expected = Number.POSITIVE_INFINITY;
let ids = new Set<unknown>();
let arrived: Arrived = { last: 0, twice: 0, kept: [] };

const server = createServer((req, res) => {
  const at = monotonic();
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    res.end('ok');
    const id = req.headers['webhook-id'];
    if (ids.has(id)) return void arrived.twice++;
    ids.add(id);
    arrived.last = at;
    if (keeps) arrived.kept.push({ body: Buffer.concat(chunks).toString('utf8'), at });
    if (ids.size === expected) tellParent({ all: true });
  });
});
server.listen(0, '127.0.0.1', () => tellParent({ port: (server.address() as AddressInfo).port }));

whenTold((told: { expect: number } | { ask: true }) => {
  if ('ask' in told) return tellParent(arrived);
  expected = told.expect;
  ids = new Set();
  arrived = { last: 0, twice: 0, kept: [] };
  tellParent({ expecting: true });
});
