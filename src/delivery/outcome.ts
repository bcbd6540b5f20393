/** What an attempt means for its delivery. `notBefore`: integer ms, from Retry-After. */
export type Outcome =
  | { kind: 'delivered' }
  | { kind: 'retry'; reason: string; notBefore: number | null }
  | { kind: 'gone'; reason: string };

export type Reply = { status: number; headers: Record<string, string | string[] | undefined> };

const longestWait = 24 * 3_600_000;

export function outcomeOf({ status, headers }: Reply, at: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  // 410 is final: the receiver asked us to stop (Standard Webhooks).
  if (status === 410) return { kind: 'gone', reason: 'The receiver answered 410 Gone' };
  if (status >= 300 && status < 400) {
    const location = [headers.location].flat()[0];
    const where = location ? ` to ${location}` : '';
    return {
      kind: 'retry',
      reason: `The receiver answered ${status}, a redirect${where}; it was not followed`,
      notBefore: null,
    };
  }
  const asked = status === 429 || status >= 500 ? retryAfter([headers['retry-after']].flat()[0], at) : null;
  return { kind: 'retry', reason: `The receiver answered ${status}`, notBefore: asked };
}

/** RFC 9110, 10.2.3: seconds or a date; here at most 24 h. */
function retryAfter(value: string | undefined, at: number): number | null {
  if (!value) return null;
  const until = /^\d+$/.test(value.trim()) ? at + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(until) ? null : Math.min(Math.max(until, at), at + longestWait);
}
