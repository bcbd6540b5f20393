import { createFetch } from '../../net/fetch.js';
import { createGuard } from '../../net/guard.js';
import type { Rule } from '../../net/rules.js';
import type { UploadedFile } from '../connectors/connector.js';
import { connectors } from '../connectors/registry.js';
import { likeness } from '../connectors/website/globs.js';
import { previewByFile } from './fileByFile.js';
import { type Candidate, limits, type Preview, previewOf } from './reading.js';

export type Task = {
  type: string;
  /** Valid, with its secrets. */
  config: unknown;
  files: UploadedFile[];
  rules: readonly Rule[];
  agent: string;
};

/** Reads the first rows of a data source, in a worker thread. */
export async function read({ type, config, files, rules, agent }: Task): Promise<Preview> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), limits.time);
  const fetch = createFetch({ guard: createGuard(() => rules), agent, bytes: limits.bytes });
  try {
    const read = type === 'files' ? previewByFile : previewOf;
    return await read(connectors.get(type)!, config, { fetch, files, signal: abort.signal });
  } finally {
    clearTimeout(timer);
    // What was asked for ahead is not waited for.
    abort.abort();
  }
}

type Globs = { include?: string[]; exclude?: string[] };

/** The same addresses by other globs; in a worker thread, for globs can be made to take long. */
export function match({ candidates, ...globs }: { candidates: Candidate[] } & Globs): Candidate[] {
  const like = likeness(globs);
  return candidates.map((one) => (isByGlobs(one) ? { ...one, ...like(one.address) } : one));
}

const isByGlobs = ({ kind }: Candidate) => kind === 'wanted' || kind === 'unlike';
