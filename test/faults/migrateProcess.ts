import { openDatabase } from '../../src/database.js';
import { givenArgs } from '../support/child.js';

/** Migrates, and dies when it has come to a certain statement of a migration; 0: never. Exits with the count of them. */
const { settings, dieAt } = givenArgs<{
  settings: { dataDir: string; databaseUrl?: string };
  dieAt: number;
}>();
const database = openDatabase(settings);
let statements = 0;
database.db.on('query', ({ sql }: { sql: string }) => {
  if (!/^\s*(create|alter|drop|insert|update|delete|with)\b/i.test(sql)) return;
  statements += 1;
  if (statements === dieAt) process.kill(process.pid, 'SIGKILL');
});
await database.migrate();
await database.close();
process.stdout.write(String(statements));
