import type { Line } from './ledger.js';

/** The sync fails, and nothing that could be searched changes; the message is its reason, for people. */
export class SyncFailure extends Error {
  override name = 'SyncFailure';
}

export const overLimit = 'Over plan storage token limit, please upgrade plan';

export const diedTooOften = (tries: number) =>
  `Hookbell was stopped in the middle of this sync ${tries} times: the source may be too much for it. Sync again to try once more`;

export const removesTooMany = (removed: number, of: number) =>
  `${count(removed)} of ${count(of)} rows would be removed, which is more than half. Look at the source; ` +
  'if they are really gone, sync again and allow it (“force”: true)';

export function tooManyFailed(failed: number, of: number, mostPercent: number, first: Line): string {
  const what =
    failed < of
      ? `${count(failed)} of ${count(of)} rows could not be read, which is more than the ${mostPercent} % that may fail`
      : of === 1
        ? 'The only row there is could not be read'
        : `None of the ${count(of)} rows could be read`;
  const why = `${first.reason}`.includes(first.key) ? first.reason : `${first.key}: ${first.reason}`;
  return `${what}. The first: ${why}. Put the source right and sync again${failed < of ? ', or let more rows fail in its settings' : ''}`;
}

/** A single one never fails a sync, unless there is no other, or not even one may fail. */
export const mayNotFail = (failed: number, of: number, mostPercent: number): boolean =>
  failed * 100 > of * mostPercent && (failed > 1 || of === 1 || mostPercent === 0);

/** Puts what ended a sync into words; null for what nobody foresaw. */
export function reasonOf(error: unknown, megabytes: number): string | null {
  if (error instanceof SyncFailure) return sentence(error.message);
  const { code } = error as { code?: string };
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return `The source needs more memory than a sync may use (${megabytes} MB): divide it into smaller ones`;
  return null;
}

export const unforeseen = 'Something unexpected went wrong; the log of the server says what';

const count = (rows: number) => rows.toLocaleString('en');

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
