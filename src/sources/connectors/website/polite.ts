import { setTimeout as wait } from 'node:timers/promises';
import { SourceError } from '../connector.js';
import type { Robots } from './robots.js';
import type { Visit } from './visit.js';
import type { Walk } from './walk.js';

/** In ms; tries of one page, and pages in a row that a site refuses to be asked for. */
const limits = { width: 4, firstPause: 1_000, longestPause: 60_000, tries: 4, refusals: 5 };

type Ask = (address: string) => Promise<Visit>;

/**
 * Four at a time, or one after the other with a pause where the site asks for one. A site that says that it is asked
 * too much (429) is left alone for as long as it wants, and then asked for the same pages again.
 */
export function politely(
  { delay }: Pick<Robots, 'delay'>,
  signal: AbortSignal,
  ask: Ask,
): Pick<Walk, 'visit' | 'width'> {
  let quietUntil = 0;
  let refusals = 0;

  async function pause(ms: number): Promise<void> {
    if (ms > 0) await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
  }

  async function visit(address: string): Promise<Visit> {
    await pause(delay);
    for (let tries = 1; ; tries++) {
      await pause(quietUntil - performance.now());
      const visit = await ask(address);
      if (visit.kind !== 'failed' || visit.busy === undefined) {
        refusals = 0;
        return visit;
      }
      const quiet = visit.busy ?? limits.firstPause * 2 ** (tries - 1);
      if (tries === limits.tries || quiet > limits.longestPause) {
        if (++refusals === limits.refusals)
          throw new SourceError(`the site says again and again that it is asked too much: ${visit.reason}`);
        return visit;
      }
      quietUntil = Math.max(quietUntil, performance.now() + quiet);
    }
  }

  return { visit, width: delay ? 1 : limits.width };
}
