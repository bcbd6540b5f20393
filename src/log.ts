import { pino } from 'pino';
import type { Config } from './config.js';

const secret = ['secret', 'signingSecret', 'password', 'token', 'authorization', 'cookie', 'apiKey', 'key'];

/** JSON lines on stdout. Fields that may hold a secret are never printed, wherever they stand. */
export function createLog({ logLevel }: Pick<Config, 'logLevel'>) {
  return pino({
    level: logLevel,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[secret]' },
    serializers: { err: safeError },
  });
}

/** A database error carries the values that were bound to its statement; a request error carries headers. */
function safeError(error: Error & { code?: unknown }) {
  return { type: error.name, message: error.message, code: error.code, stack: error.stack };
}
