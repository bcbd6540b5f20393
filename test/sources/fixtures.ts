import { readFile } from 'node:fs/promises';

/** A file that a real program wrote; what made it is said in `fixtures/README.md`. */
export const fixture = (name: string): Promise<Buffer> =>
  readFile(new URL(`../../../test/sources/fixtures/${name}`, import.meta.url));
