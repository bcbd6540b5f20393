import type { RecordedAttempt } from '../outbox/store.js';

export type Step = { name: string; kind: string; ms: number; from: number; width: number };

/**
 * Attempts as bars under each other. `from` and `width` are in percent of the longest attempt, times in ms. `note`
 * stands where there was no making of a connection.
 */
export function timeline(attempts: RecordedAttempt[]) {
  const longest = Math.max(1, ...attempts.map(({ durationMs }) => durationMs));
  return attempts.map((attempt) => {
    let from = 0;
    const steps = stepsOf(attempt).map((step): Step => {
      const width = (step.ms / longest) * 100;
      from += width;
      return { ...step, from: from - width, width };
    });
    return { ...attempt, steps, note: noteOf(attempt) };
  });
}

function stepsOf({ durationMs, timings }: RecordedAttempt) {
  const { dnsMs, connectMs, tlsMs, firstByteMs } = timings;
  const setup = (dnsMs ?? 0) + (connectMs ?? 0) + (tlsMs ?? 0);
  const answered = firstByteMs ?? durationMs;
  return [
    { name: 'DNS', kind: 'dns', ms: dnsMs ?? 0 },
    { name: 'Connect', kind: 'connect', ms: connectMs ?? 0 },
    { name: 'TLS', kind: 'tls', ms: tlsMs ?? 0 },
    { name: 'Waiting for the first byte', kind: 'wait', ms: Math.max(0, answered - setup) },
    { name: 'Reading the answer', kind: 'read', ms: Math.max(0, durationMs - answered) },
  ].filter(({ ms }) => ms > 0);
}

function noteOf({ status, timings }: RecordedAttempt): string | null {
  const { reused, dnsMs, connectMs, firstByteMs } = timings;
  if (reused) return 'connection reused';
  if (dnsMs !== null || connectMs !== null) return null;
  // Attempts of versions that did not measure have an answer and no times.
  return status !== null && firstByteMs === null ? 'not measured' : 'no connection';
}
