import { Pool } from 'undici';
import { givenArgs, tellParent, whenTold } from '../support/child.js';
import { monotonic } from './monotonic.js';

export type Called = { perSecond: number; p99: number };

/** Calls a URL for a time, as fast as it answers. */
const { connections } = givenArgs<{ connections: number }>();

whenTold(async ({ url, ms }: { url: string; ms: number }) => {
  const { origin, pathname: path } = new URL(url);
  const pool = new Pool(origin, { connections });
  const took: number[] = [];
  const began = monotonic();
  const until = began + ms;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (monotonic() < until) {
        const asked = monotonic();
        const { statusCode, body } = await pool.request({ path, method: 'POST' });
        const text = await body.text();
        if (statusCode !== 200 || text !== '{"success":true}') throw new Error(`${statusCode}: ${text}`);
        took.push(monotonic() - asked);
      }
    }),
  );
  const seconds = (monotonic() - began) / 1000;
  await pool.destroy();
  took.sort((one, other) => one - other);
  tellParent({
    perSecond: took.length / seconds,
    p99: took[Math.floor(took.length * 0.99)]!,
  } satisfies Called);
});
tellParent({ isReady: true });
