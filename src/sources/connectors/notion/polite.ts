import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '@notionhq/client';
import { FetchError, retryAfter } from '../../../net/failure.js';
import type { Sent } from '../../../net/fetch.js';
import { SourceError, type Surroundings } from '../connector.js';

/** Notion takes three requests a second on average, and some more at once. Waits in milliseconds. */
const limits = { perSecond: 3, atOnce: 10, longestWait: 5 * 60_000, tries: { busy: 8, failing: 3 } };

type ClientFetch = NonNullable<NonNullable<ConstructorParameters<typeof Client>[0]>['fetch']>;

/**
 * What Notion's client sends by: through the guard, without redirects, at the pace that Notion asks for. The client
 * would try again too, but never a query that failed, and after a minute whatever Notion asks for.
 */
export function politeFetch({ fetch, signal }: Pick<Surroundings, 'fetch' | 'signal'>) {
  const turn = pace(signal);
  let clock: number | null = null;

  const ask: ClientFetch = async (url, { method = 'GET', headers = {}, body } = {}) => {
    const { 'user-agent': _its, ...own } = headers;
    for (let tries = 1; ; tries++) {
      await turn();
      const sent = await outcome(
        fetch.send(url, { method, headers: own, body: body as string | undefined, signal }),
      );
      if (!(sent instanceof FetchError)) clock = Date.parse(String(sent.headers.date)) || clock;
      const pause = pauseAfter(sent, tries);
      if (pause === null) {
        if (sent instanceof FetchError) throw sent;
        return answered(url, sent);
      }
      if (pause > limits.longestWait)
        throw new SourceError(
          `Notion asks to be left alone for ${Math.ceil(pause / 60_000)} minutes: sync again after that`,
        );
      await wait(pause, undefined, { signal });
    }
  };

  /** The time by the server's own clock (ms) when it answered last; null if it does not tell. */
  return { fetch: ask, now: () => clock };
}

const outcome = (sending: Promise<Sent>): Promise<Sent | FetchError> =>
  sending.catch((error) => {
    if (error instanceof FetchError) return error;
    throw error;
  });

/** How long to wait before the same is asked again; null if it is not. */
function pauseAfter(sent: Sent | FetchError, tries: number): number | null {
  if (sent instanceof FetchError) return tries < limits.tries.failing ? sent.retryAfter : null;
  const { status, headers } = sent;
  const isBusy = status === 429 || status === 529;
  if (!isBusy && status < 500) return null;
  if (tries >= (isBusy ? limits.tries.busy : limits.tries.failing)) return null;
  return retryAfter(headers) ?? 1000 * 2 ** (tries - 1);
}

function answered(url: string, { status, headers, body }: Sent) {
  if (status >= 300 && status <= 399)
    throw new SourceError(`${new URL(url).host} redirects to another address, to which no token is sent`);
  const ok = status >= 200 && status <= 299;
  return { ok, status, headers, text: async () => body.toString('utf8') };
}

/** Lets so many pass at once and the others at their pace. */
function pace(signal: AbortSignal): () => Promise<void> {
  let left = limits.atOnce;
  let at = performance.now();
  return async () => {
    const now = performance.now();
    left = Math.min(limits.atOnce, left + ((now - at) / 1000) * limits.perSecond) - 1;
    at = now;
    if (left < 0) await wait((-left / limits.perSecond) * 1000, undefined, { signal });
  };
}
