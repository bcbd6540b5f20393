import type { ErrorRequestHandler, Request } from 'express';
import { ZodError, z } from 'zod';
import { whyAway } from '../databases/away.js';
import { type FieldError, Refusal } from '../errors.js';

// Instead of “Invalid input: expected string, received undefined”.
z.config({
  customError: ({ code, input }) => (code === 'invalid_type' && input === undefined ? 'Missing' : undefined),
});

/** What any thrown thing is to the outside: a status and words that hold no stack, SQL or secret. */
export type Problem = {
  status: number;
  title: string;
  detail: string;
  errors: FieldError[];
  headers: Record<string, string>;
};

const titles: Record<number, string> = {
  400: 'Malformed request',
  401: 'Sign in first',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Invalid fields',
  429: 'Too many requests',
  500: 'Something went wrong here',
  503: 'Busy',
};

export function problemOf(error: unknown): Problem {
  if (error instanceof ZodError) return problem(422, 'Some fields are not valid', fieldErrors(error));
  if (error instanceof Refusal) return problem(error.status, error.message, error.errors, error.headers);
  // body-parser, multer and csrf-sync throw http-errors: their 4xx messages are meant to be shown.
  const { status, message, expose } = error as { status?: number; message?: string; expose?: boolean };
  if (status && status >= 400 && status < 500)
    return problem(status, expose === false ? '' : (message ?? ''));
  if ((error as { name?: string }).name === 'MulterError') return problem(413, (error as Error).message);
  const away = whyAway(error);
  if (away)
    return problem(503, `The database cannot be used: ${away}. Try again later.`, [], { 'Retry-After': '5' });
  return problem(500, 'The server could not do this. The log of the server says why.');
}

function problem(
  status: number,
  detail: string,
  errors: FieldError[] = [],
  headers: Record<string, string> = {},
): Problem {
  return { status, title: titles[status] ?? 'Error', detail, errors, headers };
}

export function fieldErrors(error: ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ path: [...issue.path, key].join('.'), message: 'Unknown field' }));
    const { message } = issue.code === 'invalid_key' ? (issue.issues[0] ?? issue) : issue;
    return [{ path: issue.path.join('.'), message }];
  });
}

/** RFC 9457. */
export const apiErrors: ErrorRequestHandler = (error, req, res, _next) => {
  const { status, title, detail, errors, headers } = problemOf(error);
  log(req, status, error);
  res
    .status(status)
    .set(headers)
    .type('application/problem+json')
    .send(
      JSON.stringify({ type: 'about:blank', title, status, detail, ...(errors.length > 0 && { errors }) }),
    );
};

export const pageErrors: ErrorRequestHandler = (error, req, res, next) => {
  if (res.headersSent) return next(error);
  const problem = problemOf(error);
  log(req, problem.status, error);
  res.status(problem.status).set(problem.headers).render('errors/error', { title: problem.title, problem });
};

function log(req: Request, status: number, error: unknown): void {
  if (status >= 500) req.log.error({ err: error }, 'request failed');
}
