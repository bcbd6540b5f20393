import type { Agent } from 'undici';
import { Refused } from '../net/guard.js';
import type { Claimed } from '../outbox/claim.js';
import type { Attempt, Timings } from '../outbox/settle.js';
import type { Target } from '../webhooks/target.js';
import { exchange, GivenUp, type Reply } from './exchange.js';
import { mask, masking } from './mask.js';
import { type Outcome, outcomeOf } from './outcome.js';
import { sign } from './sign.js';

export type Sender = {
  agent: Agent;
  clock: () => number;
  /** For the whole attempt, in ms: connect, headers and body. A webhook may have its own. */
  timeout: number;
  userAgent: string;
};

/** One attempt: a POST that is never redirected. Never throws: what went wrong is the outcome. */
export async function send(
  { agent, clock, timeout: usual, userAgent }: Sender,
  target: Target,
  claimed: Claimed,
  stopping: AbortSignal,
): Promise<{ attempt: Attempt; outcome: Outcome }> {
  const startedAt = clock();
  const began = performance.now();
  const timings: Timings = { reused: null, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null };
  const timeout = target.timeout ?? usual;
  const ours = headersOf(target, claimed, startedAt, userAgent);
  const url = new URL(target.url);
  try {
    const request = {
      origin: url.origin,
      path: url.pathname + url.search,
      method: 'POST',
      // Ours are last, should a header of the same name ever have been let in.
      headers: { ...target.headers, ...ours },
      body: claimed.body,
      headersTimeout: 0,
      bodyTimeout: 0,
    } as const;
    const reply = await exchange(agent, request, timings, { timeout, stopping });
    const outcome = outcomeOf(reply, clock());
    return { outcome, attempt: attempt(reply, outcome.kind === 'delivered' ? null : outcome.reason) };
  } catch (error) {
    const reason = explain(error, timeout);
    return { outcome: { kind: 'retry', reason, notBefore: null }, attempt: attempt(null, reason) };
  }

  function attempt(reply: Reply | null, error: string | null): Attempt {
    // A receiver may echo what it got: our secrets are not to be kept in a log.
    const masked = masking(target);
    return {
      startedAt,
      durationMs: Math.round(performance.now() - began),
      url: target.url,
      status: reply?.status ?? null,
      error: error && masked(error),
      requestHeaders: {
        ...Object.fromEntries(Object.keys(target.headers).map((name) => [name, mask])),
        ...ours,
        'X-Secret-Key': mask,
      },
      responseHeaders: reply && maskedHeaders(reply.headers, masked),
      responseBody: reply && masked(reply.text),
      truncated: reply?.truncated ?? false,
      timings,
    };
  }
}

function maskedHeaders(
  headers: Reply['headers'],
  masked: (text: string) => string,
): Attempt['responseHeaders'] {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value = ''] of Object.entries(headers)) {
    kept[name] = typeof value === 'string' ? masked(value) : value.map(masked);
  }
  return kept;
}

function headersOf(target: Target, claimed: Claimed, at: number, userAgent: string): Record<string, string> {
  const timestamp = Math.floor(at / 1000);
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': userAgent,
    'X-Secret-Key': target.secret,
    'webhook-id': claimed.id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(target.signingSecrets(at), claimed.id, timestamp, claimed.body),
    'X-Hookbell-Event': claimed.type,
    'X-Hookbell-Attempt': String(claimed.attempts + 1),
  };
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens there: the connection was refused',
  ECONNRESET: 'The receiver closed the connection without an answer',
  UND_ERR_SOCKET: 'The receiver closed the connection without an answer',
  EPIPE: 'The receiver closed the connection without an answer',
  ENOTFOUND: 'The host name does not exist',
  EAI_AGAIN: 'The host name could not be looked up',
  EHOSTUNREACH: 'The host cannot be reached',
  ENETUNREACH: 'The network of the host cannot be reached',
  ETIMEDOUT: 'The connection timed out',
  UND_ERR_CONNECT_TIMEOUT: 'The connection timed out',
  UND_ERR_HEADERS_OVERFLOW: 'The receiver answered with more than 16 KiB of headers',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate is self-signed',
  CERT_HAS_EXPIRED: 'The certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate could not be verified',
};

function explain(error: unknown, timeout: number): string {
  if (error instanceof Refused) return `Not sent: ${error.message}`;
  if (error instanceof GivenUp) return `No complete answer within ${timeout / 1000} s`;
  const { code, message, name } = error as NodeJS.ErrnoException;
  if (name === 'HTTPParserError') return 'The answer was not HTTP';
  return (code && reasons[code]) ?? message;
}
