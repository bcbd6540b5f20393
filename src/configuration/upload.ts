import type { Request, Response } from 'express';
import multer from 'multer';
import { Invalid, Refusal } from '../errors.js';

const mostBytes = 8 * 1024 * 1024;

const receive = multer({
  storage: multer.memoryStorage(),
  limits: { fileSize: mostBytes, files: 1, fields: 10, fieldSize: 2 * mostBytes },
}).single('file');

/** Reads the body of a form with a file into memory: the text of the file, and `req.body`. */
export async function receiveText(req: Request, res: Response): Promise<string | null> {
  if (!req.is('multipart/form-data')) throw new Refusal(415, 'Send the file as multipart/form-data');
  await new Promise<void>((received, refused) =>
    receive(req, res, (error?: unknown) => (error ? refused(refusalOf(error)) : received())),
  );
  return req.file?.buffer.toString('utf8') ?? null;
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof multer.MulterError)) return error;
  if (error.code.endsWith('_FILE_SIZE') || error.code === 'LIMIT_FIELD_VALUE')
    return new Refusal(413, `A configuration may have at most ${mostBytes / 1024 / 1024} MB`);
  return new Invalid([{ path: 'file', message: `${error.message}: choose one file` }]);
}
