import type { ReceivedRequest } from './requests.js';
import type { Answer } from './schema.js';
import { bodyShown } from './service.js';

/** A waiting request whose process died is told of as such. */
const surelyOver = 120_000;

const tones = { good: 'green', bad: 'red', plain: 'secondary', doubtful: 'yellow' } as const;
type Mark = { words: string; tone: (typeof tones)[keyof typeof tones] };

/** A request as pages show it: all in words, the body also as indented JSON where it is JSON. */
export function shown(
  request: ReceivedRequest,
  headers: [name: string, value: string][],
  next: number | null,
  now: number,
) {
  const { verdict, body, size } = request;
  return {
    ...request,
    headers,
    pretty: pretty(body),
    /** Only a part of the body is here. */
    isCut: Buffer.byteLength(body) < size,
    isBeginning: body.length >= bodyShown,
    secret: secretMarks[verdict.secret],
    signature: signatureMarks[verdict.signature],
    because: verdict.because,
    answered: answered(request, now),
    next,
  };
}

const secretMarks: Record<ReceivedRequest['verdict']['secret'], Mark> = {
  matches: { words: 'X-Secret-Key matches', tone: tones.good },
  differs: { words: 'X-Secret-Key differs', tone: tones.bad },
  missing: { words: 'X-Secret-Key missing', tone: tones.plain },
  unknown: { words: 'X-Secret-Key not checked', tone: tones.plain },
};

const signatureMarks: Record<ReceivedRequest['verdict']['signature'], Mark> = {
  verified: { words: 'signature verified', tone: tones.good },
  wrong: { words: 'signature wrong', tone: tones.bad },
  stale: { words: 'signature too old', tone: tones.doubtful },
  missing: { words: 'no signature', tone: tones.plain },
  unknown: { words: 'signature not checked', tone: tones.plain },
};

function answered({ answer, end, at, tookMs }: ReceivedRequest, now: number): Mark {
  const seconds = (ms: number | null) => `${Math.round((ms ?? 0) / 100) / 10} s`;
  if (end === 'answered') {
    const status = answer.kind === 'slow' ? '200' : answer.kind;
    const after = answer.kind === 'slow' ? ` after ${seconds(tookMs)}` : '';
    return { words: `answered ${status}${after}`, tone: status === '200' ? tones.good : tones.bad };
  }
  if (end === 'left')
    return { words: `not answered: the sender gave up after ${seconds(tookMs)}`, tone: tones.bad };
  if (end === 'cut') return { words: `not answered: cut off after ${seconds(tookMs)}`, tone: tones.bad };
  if (end === 'too-large') return { words: 'answered 413: larger than 1 MiB', tone: tones.bad };
  if (end === 'too-many') return { words: 'answered 503: too many are kept waiting', tone: tones.bad };
  if (end === 'stopped' || now - at > surelyOver)
    return { words: 'not answered: the server was stopped', tone: tones.bad };
  return { words: 'waiting for the answer', tone: tones.doubtful };
}

function pretty(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    return value !== null && typeof value === 'object' ? JSON.stringify(value, null, 2) : null;
  } catch {
    return null;
  }
}

/** The answers to choose from, in the words of the form. */
export const choices = [
  { kind: '200', name: '200', about: 'received: the delivery is done' },
  { kind: '500', name: '500', about: 'an error: tried again on the schedule' },
  { kind: '410', name: '410', about: 'gone: disables the webhook' },
  { kind: '302', name: '302', about: 'a redirect: never followed, tried again' },
  { kind: '429', name: '429 with Retry-After', about: 'too many: waits at least that long' },
  { kind: 'slow', name: 'Slowly', about: '200, but only after a while' },
  { kind: 'none', name: 'Not at all', about: 'keeps the sender waiting until it gives up, a minute at most' },
] as const;

export function inWords({ kind, seconds }: Answer): string {
  if (kind === '429') return `429, Retry-After ${seconds} s`;
  if (kind === 'slow') return `200 after ${seconds} s`;
  return kind === 'none' ? 'not at all' : kind;
}
