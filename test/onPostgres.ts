import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { startPostgres } from './support/postgres.js';
import { freePort } from './support/processes.js';

// All that asks the database. The rest is the same on any engine (readers of sources, the network), SQLite's own, or
// starts processes and browsers of its own.
const rooms = [
  'accounts',
  'api',
  'bots',
  'configuration',
  'channels',
  'conversations',
  'databases',
  'delivery',
  'events',
  'figures',
  'home',
  'http',
  'knowledge',
  'mail',
  'outbound',
  'outbox',
  'receivers',
  'replays',
  'search',
  'slack',
  'syncs',
  'webhooks',
  'widget',
];

/** With fewer, the tests on both engines take more than six minutes. */
const enough = 4;
const cores = availableParallelism();

const isOptional = process.argv.includes('--if-there-is-room') && process.env.BOTH_ENGINES !== 'true';

if (isOptional && cores < enough) {
  console.log(
    `  The tests that ask the database ran on SQLite: with ${cores} cores, both engines would take too long.`,
  );
  console.log(
    '  On PostgreSQL, the same tests: npm run test:postgres, or all of it with BOTH_ENGINES=true\n',
  );
  process.exit();
}

const server = await startPostgres(Number(await freePort()));
try {
  console.log('\n  On PostgreSQL:');
  const specs = ['--spec', `dist/test/{${rooms.join(',')}}/**/*.test.js`];
  const mocha = spawn(
    'npx',
    ['mocha', '--no-package', '--parallel', '--jobs', String(cores), '--timeout', '60000', ...specs],
    {
      stdio: 'inherit',
      env: { ...process.env, TEST_POSTGRES: server.url },
    },
  );
  const [code] = await once(mocha, 'close');
  process.exitCode = code ?? 1;
} finally {
  await server.stop();
}
