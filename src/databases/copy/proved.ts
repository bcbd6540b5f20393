import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Proof } from './copy.js';

/** What was proved, table by table, and how to go on. */
export function proved(proofs: Proof[], folder: string, databaseUrl: string): string {
  const widest = Math.max(...proofs.map(({ table }) => table.length));
  const lines = proofs.map(
    ({ table, rows, checksum }) => `${table.padEnd(widest)} ${String(rows).padStart(10)}  ${checksum}`,
  );
  const rows = proofs.reduce((sum, proof) => sum + proof.rows, 0);
  const key = join(folder, 'secret.key');
  return [
    `${'table'.padEnd(widest)} ${'rows'.padStart(10)}  SHA-256, the same in both`,
    ...lines,
    '',
    `All ${rows.toLocaleString('en')} rows of ${proofs.length} tables are the same in both. Start every process with`,
    `  DATABASE_URL=${withoutPassword(databaseUrl)}`,
    `  DATA_DIR=${folder} (its folder “uploads” goes on being used)`,
    existsSync(key)
      ? `  SECRET_KEY as it is in ${key}, or that file in each one’s DATA_DIR: without it no stored secret can be read`
      : '  SECRET_KEY as it was: without it no stored secret can be read',
  ].join('\n');
}

function withoutPassword(databaseUrl: string): string {
  const url = new URL(databaseUrl);
  if (url.password) url.password = '…';
  return decodeURI(url.href);
}
