import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import type { Request, Response } from 'express';
import { createLive } from '../../src/http/live.js';

describe('a stream to a page', () => {
  let server: Server;
  afterEach(() => server.close());

  it('leaves nothing behind when the page went away before it began', async () => {
    const live = createLive();
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

    const counts = await new Promise((resolve) => {
      server = createServer((req, res) => {
        res.on('close', () => {
          const before = timers();
          live.stream(req as Request, res as Response, ['bot:1']);
          resolve([before, timers()]);
        });
        req.socket.destroy();
      });
      server.listen(0, '127.0.0.1', () => {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      });
    });

    expect(counts).to.have.lengthOf(2);
    const [before, after] = counts as [number, number];
    expect(after).to.equal(before);
  });
});
