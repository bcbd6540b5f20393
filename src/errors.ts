/** One field that was refused, and why. `path` is dotted: `config.url`. */
export type FieldError = { path: string; message: string };

/** Something a caller did that has its own HTTP status; thrown by name, answered in one place (http/problem.ts). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: FieldError[] = [],
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class Malformed extends Refusal {
  constructor(message: string) {
    super(400, message);
  }
}

export class Unauthorized extends Refusal {
  constructor(message: string) {
    super(401, message);
  }
}

export class Forbidden extends Refusal {
  constructor(message = 'You may not do this') {
    super(403, message);
  }
}

export class NotFound extends Refusal {
  constructor(what = 'Page') {
    super(404, `${what} not found`);
  }
}

export class Conflict extends Refusal {
  constructor(message: string) {
    super(409, message);
  }
}

export class Invalid extends Refusal {
  constructor(errors: FieldError[]) {
    super(
      422,
      errors.map((error) => (error.path ? `${error.path}: ${error.message}` : error.message)).join('; '),
      errors,
    );
  }
}

export class TooMany extends Refusal {
  constructor(message: string, retryAfterSeconds: number) {
    super(429, message, [], { 'Retry-After': String(Math.max(1, Math.ceil(retryAfterSeconds))) });
  }
}
