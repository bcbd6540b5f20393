import { ZodError } from 'zod';
import { type FieldError, Invalid, Refusal } from '../errors.js';
import { fieldErrors } from '../http/problem.js';

/** Collects what is wrong with the entries of a file, each with its path, so that it is all told at once. */
export function attempts() {
  const errors: FieldError[] = [];

  function note(path: string, error: unknown): void {
    const found = errorsIn(error);
    if (!found) throw error;
    errors.push(...found.map((one) => ({ ...one, path: [path, one.path].filter(Boolean).join('.') })));
  }

  return {
    errors,

    /** What `work` answers; null when it refused. */
    async at<T>(path: string, work: () => Promise<T>): Promise<T | null> {
      try {
        return await work();
      } catch (error) {
        note(path, error);
        return null;
      }
    },

    /** Throws `Invalid` when anything was refused. */
    end(): void {
      if (errors.length > 0) throw new Invalid(errors);
    },
  };
}

function errorsIn(error: unknown): FieldError[] | null {
  if (error instanceof ZodError) return fieldErrors(error);
  if (!(error instanceof Refusal)) return null;
  return error.errors.length > 0 ? error.errors : [{ path: '', message: error.message }];
}
