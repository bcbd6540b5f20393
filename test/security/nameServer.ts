import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns';
import type { AddressInfo } from 'node:net';
import type { createGuard } from '../../src/net/guard.js';

type Lookup = NonNullable<Parameters<typeof createGuard>[1]>;

/** A DNS server on this machine (RFC 1035) that answers each question with the next of these IPv4 addresses. */
export async function startNameServer(addresses: string[]) {
  let asked = 0;
  const server = createSocket('udp4', (question, { port, address }) => {
    server.send(answerTo(question, addresses[asked++ % addresses.length]!), port, address);
  });
  await new Promise<void>((bound) => server.bind(0, '127.0.0.1', bound));
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
  const lookup: Lookup = (host, _options, done) => {
    resolver.resolve4(host, (error, found = []) =>
      done(
        error,
        found.map((address) => ({ address, family: 4 })),
      ),
    );
  };
  return { lookup, asked: () => asked, close: () => server.close() };
}

/** One A record with no time to live, so that nobody keeps it. */
function answerTo(question: Buffer, address: string): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 6);
  header.fill(0, 8, 12);
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]);
  return Buffer.concat([header, question.subarray(12, end), record]);
}
