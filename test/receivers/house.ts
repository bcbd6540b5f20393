import type { Answer } from '../../src/receivers/schema.js';
import type { Receiver } from '../../src/receivers/store.js';
import { eventually } from '../support/eventually.js';
import { admin, type Hook, makeHook } from '../support/outbox.js';
import { type Running, startHookbell } from '../support/server.js';

/** A Hookbell whose guard lets nothing private through: what reaches its test receivers needs no rule. */
export const startStrict = (env: Record<string, string> = {}, options: { background?: boolean } = {}) =>
  startHookbell({ env: { OUTBOUND_ALLOW: '', RETRY_SCHEDULE: '5s,5m', ...env }, ...options });

export type Made = { receiver: Receiver; url: string };

export async function makeReceiver({ hookbell }: Running, answer?: Answer): Promise<Made> {
  const at = hookbell.deps.clock();
  const receiver = await hookbell.receivers.create(admin, at);
  if (answer) await hookbell.receivers.answerWith(receiver.id, answer, admin, at);
  return { receiver, url: hookbell.receivers.urlOf(receiver) };
}

/** A webhook that sends to a new receiver. */
export async function pointedAt(
  running: Running,
  answer?: Answer,
): Promise<Made & { hook: Hook; botId: string }> {
  const made = await makeReceiver(running, answer);
  const hook = await makeHook(running, made.url);
  return { ...made, hook, botId: hook.botId };
}

/** All that a receiver shows, newest first. */
export const requestsOf = ({ hookbell }: Running, receiver: Receiver) =>
  hookbell.receivers.requestsOf(receiver, { limit: 200, after: null });

export const headersOf = ({ hookbell }: Running, request: { sealedHeaders: string }) =>
  Object.fromEntries(
    hookbell.receivers.headersOf(request).map(([name, value]) => [name.toLowerCase(), value]),
  );

/** The requests as soon as there are `count` and nobody waits any more. */
export const received = (running: Running, receiver: Receiver, count: number) =>
  eventually(`${count} requests are received and answered`, async () => {
    const all = await requestsOf(running, receiver);
    return all.length === count && all.every(({ end }) => end !== null) && all;
  });
