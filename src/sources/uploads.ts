import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { extname } from 'node:path';
import type { RequestHandler } from 'express';
import multer from 'multer';
import type { Config } from '../config.js';
import { Invalid, Malformed, Refusal } from '../errors.js';
import { connectors } from './connectors/registry.js';
import { folders } from './fileStore.js';

const mostBytes = 50 * 1024 * 1024;
const mostFiles = 100;

/** What may be uploaded to a source of this type, for the `accept` of a file field. */
export const endingsOf = (type: string): string[] => [...(connectors.get(type)?.endings ?? [])];

export const takesFiles = (type: string) => endingsOf(type).length > 0;

/** Throws `Invalid` for a file that a source of this type cannot read. */
export function requireReadable(type: string, names: string[]): void {
  const known = endingsOf(type);
  const unknown = names.filter((name) => !known.includes(extname(name).toLowerCase()));
  if (unknown.length === 0) return;
  throw new Invalid(
    unknown.map((name) => ({
      path: 'file',
      message: `“${name}” cannot be read; these can: ${known.join(' ')}`,
    })),
  );
}

/** Reads a multipart body; what is uploaded as `file` lies in a folder of its own until the service takes it. */
export function receiveFiles(config: Pick<Config, 'dataDir'>): RequestHandler {
  const { incoming } = folders(config);
  const receive = multer({
    storage: multer.diskStorage({
      destination: (_req, _file, done) => {
        mkdirSync(incoming, { recursive: true });
        done(null, incoming);
      },
      filename: (_req, _file, done) => done(null, randomUUID()),
    }),
    limits: { fileSize: mostBytes, files: mostFiles, fields: 20, fieldSize: 10_000 },
    defParamCharset: 'utf8',
  }).array('file');
  return (req, res, next) => {
    if (!req.is('multipart/form-data')) throw new Refusal(415, 'Send the files as multipart/form-data');
    receive(req, res, (error) => (error ? next(refusalOf(error)) : next()));
  };
}

function refusalOf(error: unknown): unknown {
  // What the reader of multipart says has no code; the disk's errors have one, and are ours.
  const isMalformed = error instanceof Error && !(error instanceof Refusal) && !('code' in error);
  if (isMalformed) return new Malformed(`The form with the files cannot be read: ${error.message}`);
  if (!(error instanceof multer.MulterError)) return error;
  const refuse = (message: string) => new Invalid([{ path: 'file', message }]);
  if (error.code === 'LIMIT_FILE_SIZE')
    return new Refusal(413, `A file may have at most ${mostBytes / 1024 / 1024} MB`);
  if (error.code === 'LIMIT_FILE_COUNT') return refuse(`At most ${mostFiles} files at once`);
  if (error.code === 'LIMIT_UNEXPECTED_FILE')
    return refuse(`Send the files in fields named file, not ${error.field}`);
  return new Refusal(400, error.message);
}
