import { performance } from 'node:perf_hooks';
import type { Deps } from '../deps.js';
import { isToken, tokenHash } from './address.js';
import type { Holding } from './holding.js';
import { type End, type NewRequest, requestStore } from './requests.js';
import type { Answer } from './schema.js';
import { senders } from './senders.js';
import { type Receiver, receiverStore } from './store.js';
import { judge, type Verdict } from './verdict.js';

/** A request as it came in; of one that was too large, `body` is what was read. */
export type Incoming = {
  method: string;
  headers: Record<string, string | string[] | undefined>;
  /** The header lines: name, value, name, value… */
  rawHeaders: string[];
  body: Buffer;
  isWhole: boolean;
};

/** What is to be done with the sender. */
export type Next = { end: End; answer: Answer } | { hold: number | null; answer: Answer; done: Ended };
type Ended = (end: End) => Promise<void>;

export const unusedFor = 7 * 24 * 3_600_000;
const mostKept = 100;
const bodyKept = 64 * 1024;
const mask = '••••••';

export type ReceiverIntake = ReturnType<typeof receiverIntake>;

/** What a test receiver does with a request: judge it, keep it, show it, and say how it is answered. */
export function receiverIntake(
  { db, reader, vault, clock, live }: Pick<Deps, 'db' | 'reader' | 'vault' | 'clock' | 'live'>,
  holding: Pick<Holding, 'hasRoom'>,
) {
  /** Null for a token that is unknown, or was not used for a week. */
  async function find(token: string): Promise<Receiver | null> {
    if (!isToken(token)) return null;
    const receiver = await receiverStore(reader).findByHash(tokenHash(token));
    return receiver && receiver.usedAt > clock() - unusedFor ? receiver : null;
  }

  async function take(receiver: Receiver, incoming: Incoming): Promise<Next | null> {
    const at = clock();
    const { known, verdict } = await judged(receiver, incoming, at);
    const { answer } = receiver;
    const waits = answer.kind === 'slow' || answer.kind === 'none';
    const end = endAtOnce(incoming, waits);
    const request: NewRequest = {
      receiverId: receiver.id,
      at,
      method: incoming.method.slice(0, 20),
      sealedHeaders: vault.seal(JSON.stringify(shownHeaders(incoming.rawHeaders, verdict))),
      body: text(incoming.body.subarray(0, bodyKept)),
      size: incoming.body.length,
      messageId: known?.messageId ?? null,
      webhookId: known?.webhookId ?? null,
      attempt: attemptOf(incoming.headers['x-hookbell-attempt']),
      verdict,
      answer,
      end,
      tookMs: end && 0,
    };
    const id = await kept(request);
    if (id === null) return null;
    live.publish(`receiver:${receiver.id}`, 'request');
    if (end) return { end, answer };
    const began = performance.now();
    const done = (how: End) => ended(receiver.id, id, how, performance.now() - began);
    return { hold: answer.seconds === null ? null : answer.seconds * 1000, answer, done };
  }

  function endAtOnce(incoming: Incoming, waits: boolean): End | null {
    if (!incoming.isWhole) return 'too-large';
    if (!waits) return 'answered';
    return holding.hasRoom() ? null : 'too-many';
  }

  async function judged(receiver: Receiver, { headers, body, isWhole }: Incoming, at: number) {
    const messageId = [headers['webhook-id']].flat()[0] ?? null;
    const token = vault.open(receiver.sealedToken);
    const { known, from } = await senders(reader, vault).of(token, messageId, at);
    const verdict = judge({ headers, body: body.toString('utf8') }, from, at);
    if (isWhole) return { known, verdict };
    const because = 'The body was larger than 1 MiB and was not read to its end.';
    return { known, verdict: { ...verdict, signature: 'unknown' as const, because } };
  }

  /** Its id; null when the receiver was deleted meanwhile. */
  function kept(request: NewRequest): Promise<number | null> {
    return db.transaction(async (tx) => {
      if (!(await receiverStore(tx).used(request.receiverId, request.at))) return null;
      const id = await requestStore(tx).insert(request);
      await requestStore(tx).prune(request.receiverId, mostKept);
      return id;
    });
  }

  async function ended(receiverId: string, id: number, end: End, tookMs: number): Promise<void> {
    await requestStore(db).ended(id, end, Math.round(tookMs));
    live.publish(`receiver:${receiverId}`, 'request');
  }

  return { find, take };
}

/** The lines as they came; a secret of ours is not kept, that it matches says enough. */
function shownHeaders(raw: string[], verdict: Verdict): [name: string, value: string][] {
  const lines: [string, string][] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const [name = '', value = ''] = raw.slice(index, index + 2);
    const isOurs = verdict.secret === 'matches' && /^x-secret-key$/i.test(name);
    lines.push([name, isOurs ? mask : value]);
  }
  return lines;
}

// PostgreSQL refuses NUL in text.
const text = (bytes: Buffer) => bytes.toString('utf8').replaceAll('\0', '�');

function attemptOf(header: string | string[] | undefined): number | null {
  const [given = ''] = [header].flat();
  return /^\d{1,6}$/.test(given) ? Number(given) : null;
}
