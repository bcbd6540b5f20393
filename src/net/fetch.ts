import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import got, { type Method, type Response } from 'got';
import { counted, inMemory, inSpool, type Keep, tooLarge } from './body.js';
import { guardedAgents } from './connect.js';
import { explained, FetchError, refusedByServer } from './failure.js';
import { type Guard, Refused } from './guard.js';

export type Ask = {
  /** Sent to the origin of the address only, not to where a redirect leads. */
  headers?: Record<string, string>;
  /** What an earlier answer said of itself: asks for a body only if it has changed. */
  validators?: { etag?: string | null; lastModified?: string | null };
  /** Content types worth reading, matched without parameters; another is answered with `other`, unread. */
  types?: RegExp;
  /** A lower cap on the body than the fetch has, in bytes. */
  bytes?: number;
  signal?: AbortSignal;
};

export type Answer<Body> =
  /** 2xx; `url` is where redirects ended, `digest` the SHA-256 of the body in hex. */
  | {
      kind: 'answer';
      url: string;
      type: string;
      charset: string | null;
      headers: IncomingHttpHeaders;
      etag: string | null;
      lastModified: string | null;
      digest: string;
      body: Body;
    }
  /** 304: it has not changed. */
  | { kind: 'same'; url: string }
  /** A content type that was not asked for. */
  | { kind: 'other'; url: string; type: string };

/**
 * GETs what data sources are made of. Every failure is a `FetchError` whose message a person understands,
 * except that an abort throws the signal's reason.
 */
export type Fetch = {
  /** The whole body in memory, decompressed. */
  read: (url: string, ask?: Ask) => Promise<Answer<Buffer>>;
  /** The whole body, decompressed, in a file without a name: close it. The time cap is thus the server's alone. */
  download: (url: string, ask?: Ask) => Promise<Answer<FileHandle>>;
  /**
   * One request of any method and what came back, whatever its status. What it carries may be secret: no redirect is
   * followed, and nothing is sent twice.
   */
  send: (url: string, sending: Sending) => Promise<Sent>;
};

export type Sending = {
  method: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
};
export type Sent = { status: number; headers: IncomingHttpHeaders; body: Buffer };

/** Times in milliseconds, sizes in bytes. */
export const limits = {
  /** For one answer: redirects, headers and body. */
  time: 60_000,
  /** Counted after decompression, so that a bomb is no larger than it may be. */
  bytes: 50 * 1024 * 1024,
  redirects: 5,
  retries: 1,
  longestWait: 30_000,
};

export type Limits = typeof limits;

type Exchange = { response: Response; body: AsyncIterable<Buffer>; close: () => void };

/** `agent` is the User-Agent. */
export function createFetch({
  guard,
  agent,
  ...own
}: { guard: Guard; agent: string } & Partial<Limits>): Fetch {
  const cap = { ...limits, ...own };
  const client = got.extend({
    agent: guardedAgents(guard),
    headers: { 'user-agent': agent, accept: '*/*' },
    // Followed here: got sends custom headers on, and reads the body of a redirect without a time limit.
    followRedirect: false,
    throwHttpErrors: false,
    retry: { limit: 0 },
  });

  async function open(
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
    { method = 'GET', body }: Partial<Sending> = {},
  ): Promise<Exchange> {
    const refusal = guard.inspect(url);
    if (refusal) throw explained(new Refused(refusal), url);
    const stream = client.stream(url, { method: method as Method, body, headers, signal });
    // An error may come when nobody waits for one any more, e.g. after `close`.
    stream.on('error', () => {});
    try {
      const [response] = (await once(stream, 'response')) as [Response];
      return { response, body: stream, close: () => stream.destroy() };
    } catch (error) {
      throw explained(error, url);
    }
  }

  async function follow<Body>(start: URL, ask: Ask, keep: Keep<Body>, signal: AbortSignal) {
    let url = start;
    for (let redirects = 0; redirects <= cap.redirects; redirects++) {
      const own = url.origin === start.origin ? ask.headers : {};
      const exchange = await open(url, { ...own, ...conditions(ask.validators) }, signal);
      try {
        const next = redirectFrom(url, exchange.response);
        if (!next) return await answered(url, exchange, ask, keep);
        url = next;
      } catch (error) {
        throw explained(error, url);
      } finally {
        exchange.close();
      }
    }
    throw new FetchError(`more than ${cap.redirects} redirects`);
  }

  async function answered<Body>(url: URL, { response, body }: Exchange, ask: Ask, keep: Keep<Body>) {
    const { statusCode, headers } = response;
    if (statusCode === 304 && ask.validators) return { kind: 'same' as const, url: url.href };
    if (statusCode < 200 || statusCode > 299) throw refusedByServer(statusCode, headers);
    const [, type = '', parameters = ''] = /^([^;]*)(.*)$/.exec(
      (headers['content-type'] ?? '').toLowerCase(),
    )!;
    if (ask.types && !ask.types.test(type.trim()))
      return { kind: 'other' as const, url: url.href, type: type.trim() };
    if (headers['content-encoding'] && headers['content-encoding'] !== 'identity')
      throw new FetchError(
        `the answer is compressed as “${headers['content-encoding']}”, which is not known`,
      );
    const most = Math.min(ask.bytes ?? cap.bytes, cap.bytes);
    if (Number(headers['content-length']) > most) throw tooLarge(most);
    const hash = createHash('sha256');
    const kept = await keep(counted(body, most, hash.update.bind(hash)));
    return {
      kind: 'answer' as const,
      url: url.href,
      type: type.trim(),
      charset: /charset=["']?([\w-]+)/.exec(parameters)?.[1] ?? null,
      headers,
      etag: headers.etag ?? null,
      lastModified: headers['last-modified'] ?? null,
      digest: hash.digest('hex'),
      body: kept,
    };
  }

  async function inTime<T>(asked: AbortSignal | undefined, act: (signal: AbortSignal) => Promise<T>) {
    const deadline = AbortSignal.timeout(cap.time);
    try {
      return await act(AbortSignal.any([deadline, ...(asked ? [asked] : [])]));
    } catch (error) {
      asked?.throwIfAborted();
      if (deadline.aborted) throw new FetchError(`no answer within ${cap.time / 1000} s`, { cause: error });
      throw error;
    }
  }

  async function send(address: string, { headers = {}, ...sending }: Sending): Promise<Sent> {
    const url = new URL(address);
    return inTime(sending.signal, async (signal) => {
      const { response, body, close } = await open(url, headers, signal, sending);
      try {
        const kept = await inMemory(counted(body, cap.bytes, () => {}));
        return { status: response.statusCode, headers: response.headers, body: kept };
      } catch (error) {
        throw explained(error, url);
      } finally {
        close();
      }
    });
  }

  async function get<Body>(address: string, ask: Ask, keep: Keep<Body>): Promise<Answer<Body>> {
    const url = new URL(address);
    url.hash = '';
    for (let retries = 0; ; retries++) {
      try {
        return await inTime(ask.signal, (signal) => follow(url, ask, keep, signal));
      } catch (error) {
        ask.signal?.throwIfAborted();
        const retryAfter = error instanceof FetchError ? error.retryAfter : null;
        if (retryAfter === null || retryAfter > cap.longestWait || retries >= cap.retries) throw error;
        await wait(retryAfter, undefined, { signal: ask.signal }).catch(() => ask.signal?.throwIfAborted());
      }
    }
  }

  return {
    read: (url, ask = {}) => get(url, ask, inMemory),
    download: (url, ask = {}) => get(url, ask, inSpool),
    send,
  };
}

function redirectFrom(url: URL, { statusCode, headers }: Response): URL | null {
  if (![301, 302, 303, 307, 308].includes(statusCode) || !headers.location) return null;
  // Node reads headers as latin1; servers write UTF-8 in them.
  const location = Buffer.from(headers.location, 'latin1').toString();
  if (!URL.canParse(location, url.href)) throw new FetchError(`a redirect leads to “${location}”`);
  const next = new URL(location, url);
  next.hash = '';
  return next;
}

function conditions(validators: Ask['validators']): Record<string, string> {
  return {
    ...(validators?.etag && { 'if-none-match': validators.etag }),
    ...(validators?.lastModified && { 'if-modified-since': validators.lastModified }),
  };
}
