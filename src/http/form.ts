import express, { type Request, type RequestHandler, type Response } from 'express';
import { ZodError } from 'zod';
import { type FieldError, Refusal } from '../errors.js';
import { fieldErrors } from './problem.js';

/** What a form shows again after a refusal: what was typed, and what is wrong with it, by field. */
export type FormState = {
  values: Record<string, unknown>;
  errors: Record<string, string>;
  problem: string | null;
};

export const emptyForm = (values: Record<string, unknown> = {}): FormState => ({
  values,
  errors: {},
  problem: null,
});

/** Reads a form's body: always an object, and never a field that stands in for a method of objects (`toString`). */
export const formBody: RequestHandler[] = [
  express.urlencoded({ extended: true, limit: '1mb' }),
  (req, _res, next) => {
    req.body = withoutMethods(req.body ?? {});
    next();
  },
];

function withoutMethods(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMethods);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([name]) => !(name in Object.prototype));
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutMethods(inner)]));
}

/**
 * A handler whose refusals (a zod error, `Invalid`, `Conflict`) show the form again, with their status,
 * instead of an error page.
 */
export function submitted(
  handle: (req: Request, res: Response) => Promise<void>,
  again: (req: Request, res: Response, form: FormState) => Promise<void> | void,
): RequestHandler {
  return async (req, res) => {
    try {
      await handle(req, res);
    } catch (error) {
      const refused = refusal(error);
      if (!refused) throw error;
      res.status(refused.status).set(refused.headers);
      await again(req, res, formState(req.body, refused.errors, refused.message));
    }
  };
}

type Refused = Pick<Refusal, 'status' | 'message' | 'errors' | 'headers'>;

function refusal(error: unknown): Refused | null {
  if (error instanceof ZodError) {
    const message = 'Please correct the marked fields.';
    return { status: 422, errors: fieldErrors(error), message, headers: {} };
  }
  if (!(error instanceof Refusal && [401, 409, 413, 422, 429].includes(error.status))) return null;
  const { status, errors, headers } = error;
  const message = errors.map((field) => field.message).join('; ') || error.message;
  return { status, errors, message, headers };
}

function formState(body: Record<string, unknown>, errors: FieldError[], problem: string): FormState {
  const { _csrf, ...values } = body;
  // An entry of a list (`allowedOrigins.2`) is typed into the field of the list.
  const byField = errors.map(({ path, message }) => [path.replace(/\.\d+$/, ''), message]);
  return { values, errors: Object.fromEntries(byField), problem };
}

/** A form's fields as JSON would have them: no token, and an empty field is an absent one. */
export function fields(body: unknown): Record<string, unknown> {
  const entries = Object.entries((body ?? {}) as Record<string, unknown>)
    .filter(([name, value]) => name !== '_csrf' && value !== '')
    .map(([name, value]) => [
      name,
      value !== null && typeof value === 'object' && !Array.isArray(value) ? fields(value) : value,
    ]);
  return Object.fromEntries(entries);
}
