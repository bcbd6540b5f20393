import type { Request, RequestHandler } from 'express';
import type { z } from 'zod';
import type { Actor } from '../accounts/actor.js';

type Shape = z.ZodType;
type Output<S> = S extends Shape ? z.output<S> : undefined;

/** What an endpoint's `run` gets: everything parsed, the user known. */
export type Asked<Params, Query, Body> = {
  params: Params;
  query: Query;
  body: Body;
  user: Actor & { id: string };
  /** Milliseconds, when the request was taken up. */
  at: number;
  req: Request;
};

export type Answer = { status: number; body?: unknown };

/** One row of the API's table of contents; the router and the OpenAPI document are both made from it. */
export type Endpoint = {
  method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`, with `{id}` for parameters. */
  path: string;
  summary: string;
  /** Who may call it. */
  access: 'anyone' | 'user' | 'admin';
  tag: string;
  params?: Shape;
  query?: Shape;
  body?: Shape;
  /** Reads a multipart body before `run`. */
  upload?: RequestHandler;
  answers: Record<number, { description: string; schema?: Shape }>;
  /** Statuses of refusals that its method, parameters and body do not tell. */
  refusals?: number[];
  run: (asked: Asked<never, never, never>) => Promise<Answer>;
};

/** Types `run` by the schemas beside it. */
export function endpoint<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends Shape | undefined,
>(
  definition: Omit<Endpoint, 'params' | 'query' | 'body' | 'run'> & {
    params?: P;
    query?: Q;
    body?: B;
    run: (asked: Asked<Output<P>, Output<Q>, Output<B>>) => Promise<Answer>;
  },
): Endpoint {
  return definition as unknown as Endpoint;
}
