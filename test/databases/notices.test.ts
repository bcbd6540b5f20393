import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect } from 'chai';
import { pino } from 'pino';
import { type Database, openDatabase } from '../../src/database.js';
import { type Notices, postgresNotices } from '../../src/databases/notices.js';
import { eventually } from '../support/eventually.js';
import { dropDatabase, newDatabase, postgresOfTests } from '../support/postgres.js';
import { temporaryFolder } from '../support/processes.js';

describe('notices, on PostgreSQL', () => {
  let url: string;
  let database: Database;
  let way: Awaited<ReturnType<typeof closableWay>>;
  let notices: Notices;
  let missed = 0;
  before(async () => {
    url = await newDatabase((await postgresOfTests()).url);
    database = openDatabase({ dataDir: temporaryFolder(), databaseUrl: url });
    way = await closableWay(url);
    notices = postgresNotices(way.url, database.db, pino({ enabled: false }));
    await notices.start(() => {
      missed += 1;
    });
  });
  after(async () => {
    await notices.stop();
    await way.close();
    await database.close();
    await dropDatabase(url);
  });

  it('are heard again when PostgreSQL was away, for which it is asked once at a time', async () => {
    way.shut();
    await eventually('it tried three times', () => way.refused.length >= 3);
    const [, ...gaps] = way.refused.map((at, n, all) => at - (all[n - 1] ?? at));
    expect(Math.min(...gaps)).to.be.greaterThan(500);

    way.open();
    await eventually('it asks what it missed', () => missed === 1);
    let heard: object | null = null;
    notices.hear('greeting', (details: object) => {
      heard = details;
    });
    const other = postgresNotices(url, database.db, pino({ enabled: false }));
    other.tell('greeting', { words: 'good morning' });
    await eventually('it hears', () => heard);
    expect(heard).to.deep.equal({ words: 'good morning' });
  });
});

/** A way to this PostgreSQL that can be shut: then each connection is ended, and who comes is noted (ms) and sent off. */
async function closableWay(to: string) {
  const { hostname, port, pathname, username, password } = new URL(to);
  const refused: number[] = [];
  const sockets = new Set<{ destroy: () => unknown }>();
  let isShut = false;
  const server = createServer((socket) => {
    if (isShut) {
      refused.push(performance.now());
      socket.destroy();
      return;
    }
    const onward = connect(Number(port), hostname);
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => {});
    }
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    url: `postgres://${username}:${password}@127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    refused,
    shut() {
      isShut = true;
      cut();
    },
    open() {
      isShut = false;
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
