import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/processes.js';

/** A Redis of its own, gone when it is stopped. With its append-only file, synced every second (its own default). */
export async function startRedis() {
  const port = Number(await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'hookbell-redis-'));
  const settings = { port, bind: '127.0.0.1', dir: folder, appendonly: 'yes', appendfsync: 'everysec' };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const exit = once(server, 'exit').catch(() => {
    throw new Error('redis-server could not be started (apt-get install redis-server)');
  });
  exit.catch(() => undefined);
  const stop = async () => {
    process.off('exit', kill);
    server.kill('SIGTERM');
    await exit.catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  };
  const asker = new Redis({ port, lazyConnect: true, retryStrategy: () => 20, maxRetriesPerRequest: 100 });
  asker.on('error', () => undefined);
  try {
    await Promise.race([eventually('Redis answers', () => asker.ping()), exit]);
    const version = /redis_version:(\S+)/.exec(await asker.info('server'))?.[1] ?? '';
    return { port, pid: server.pid!, version, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    asker.disconnect();
  }
}
