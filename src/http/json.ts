import express, { type RequestHandler } from 'express';
import { Malformed } from '../errors.js';

const deepest = 64;

/** express.json, but for bodies that are nested so deep that whoever writes them out again runs out of stack. */
export function jsonBody(options: Parameters<typeof express.json>[0]): RequestHandler {
  const parse = express.json(options);
  return (req, res, next) => {
    parse(req, res, (error) => {
      // This runs outside of Express: what is thrown here would end the process.
      next(error ?? (isDeeperThan(deepest, req.body) ? new Malformed(tooDeep) : undefined));
    });
  };
}

const tooDeep = `The body is nested more than ${deepest} deep`;

function isDeeperThan(most: number, value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most + 1) return true;
    level = level.flatMap((one) => (one !== null && typeof one === 'object' ? Object.values(one) : []));
  }
  return false;
}
