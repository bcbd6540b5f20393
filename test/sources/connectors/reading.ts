import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Fetch } from '../../../src/net/fetch.js';
import type {
  Item,
  Memo,
  Row,
  Surroundings,
  UploadedFile,
} from '../../../src/sources/connectors/connector.js';
import { connectors } from '../../../src/sources/connectors/registry.js';

export type Read = {
  items: Item[];
  rows: Row[];
  keys: (string | undefined)[];
  /** `key: reason` of each row that failed. */
  failed: string[];
  /** What was remembered, as a later sync would have it. */
  memo: Memo | null;
  rowMemos: Map<string, Memo>;
  /** The last number of rows that was said to be expected. */
  expected: number;
};

/** Reads a source through the registry as a sync does; `after` is what an earlier sync of it left. */
export async function read(
  type: string,
  config: unknown,
  { after, ...around }: Partial<Omit<Surroundings, 'fetch'>> & { fetch?: Fetch; after?: Read } = {},
): Promise<Read> {
  const connector = connectors.get(type)!;
  const result: Read = {
    items: [],
    rows: [],
    keys: [],
    failed: [],
    memo: after?.memo ?? null,
    rowMemos: new Map(after?.rowMemos),
    expected: 0,
  };
  const surroundings: Surroundings = {
    fetch: undefined as never,
    files: [],
    memo: after?.memo ?? null,
    recall: async (key) => after?.rowMemos.get(key) ?? null,
    expect: (total) => {
      result.expected = total;
    },
    signal: new AbortController().signal,
    ...around,
  };
  for await (const item of connector.read(connector.config.parse(config), surroundings)) {
    result.items.push(item);
    if (item.kind === 'memo') result.memo = JSON.parse(JSON.stringify(item.memo)) as Memo;
    if (item.kind === 'failed') result.failed.push(`${item.key}: ${item.reason}`);
    if (item.kind !== 'row') continue;
    result.rows.push(item.row);
    result.keys.push(item.row.key);
    if (item.row.key && item.row.memo)
      result.rowMemos.set(item.row.key, JSON.parse(JSON.stringify(item.row.memo)) as Memo);
  }
  return result;
}

/** The message of the error that reading ends in. */
export async function reasonOf(reading: Promise<unknown>): Promise<string> {
  return reading.then(
    () => 'none: it was read',
    (error: Error) => error.message,
  );
}

/** What is wrong with a config, as `path: message` lines; empty if nothing is. */
export function complaints(type: string, config: unknown): string[] {
  const { error } = connectors.get(type)!.config.safeParse(config);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

/** Uploads as the sync finds them, in a folder of their own. */
export async function uploads(contents: Record<string, string | Buffer>) {
  const folder = await mkdtemp(join(tmpdir(), 'hookbell-test-'));
  const files: UploadedFile[] = [];
  for (const [index, [name, body]] of Object.entries(contents).entries()) {
    const path = join(folder, String(index));
    await writeFile(path, body);
    files.push({ name, path, bytes: Buffer.byteLength(body) });
  }
  return { files, remove: () => rm(folder, { recursive: true }) };
}
