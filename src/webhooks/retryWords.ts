import type { Config } from '../config.js';

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const;

/** The rules by which deliveries are tried again, in words, as this server is configured. */
export function retryWords({
  retrySchedule,
  deliveryTimeout,
  pauseAfter,
}: Pick<Config, 'retrySchedule' | 'deliveryTimeout' | 'pauseAfter'>) {
  return {
    waits: retrySchedule.map(inWords),
    attempts: retrySchedule.length + 1,
    total: inWords(retrySchedule.reduce((sum, wait) => sum + wait, 0)),
    timeout: inWords(deliveryTimeout),
    pauseAfter: inWords(pauseAfter),
  };
}

/** `2 hours`, `3 days 3 hours`: integer ms, down to whole milliseconds. */
export function inWords(ms: number): string {
  let left = ms;
  const parts = units.flatMap(([name, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : `${count} ${name}${count === 1 ? '' : 's'}`;
  });
  return parts.join(' ') || 'no time';
}
