import type { House } from './house.js';
import type { Load } from './load.js';
import type { Context } from './scenario.js';

/** Whoever could not be served was told to come again later (503), or nobody answered. */
export function requireBusy({ require }: Context, house: House, { refused }: Load): void {
  const others = [...refused.keys()].filter((status) => status !== 503 && status !== 0);
  const errors = [...house.logged().matchAll(/"err":\{[^}]*?"message":"((?:[^"\\]|\\.)*)"/g)];
  const distinct = new Set(errors.map(([, message]) => message));
  require(others.length ===
    0, `callers were answered ${others.join(', ')}; logged: ${[...distinct].join(' | ')}`);
}
