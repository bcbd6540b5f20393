import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

/** How long each step of making a connection took, in ms; null for a step that was not taken. */
export type Setup = { dnsMs: number | null; connectMs: number | null; tlsMs: number | null };

/** By the socket, until its first request; by the error, if there is no socket. */
const setups = new WeakMap<object, Setup>();
let hearNext: ((setup: Setup | null) => void) | null = null;

/** The same connector, with a clock beside it. */
export function timed(connect: buildConnector.connector): buildConnector.connector {
  return (target, done) => {
    const began = performance.now();
    let lookedUp: number | null = null;
    let unknown = false;
    let connected: number | null = null;
    // undici's own connectors return the socket that they open, although their type does not say so.
    const opening = connect(target, (...[error, socket]) => {
      const ended = performance.now();
      setups.set(error ?? socket!, {
        dnsMs: lookedUp === null ? null : lookedUp - began,
        connectMs: unknown ? null : (connected ?? ended) - (lookedUp ?? began),
        tlsMs: target.protocol === 'https:' && connected !== null ? ended - connected : null,
      });
      error ? done(error, null) : done(null, socket!);
    }) as unknown as Socket;
    // Neither is told of an IP address: nothing is looked up.
    opening.once('lookup', (error) => {
      lookedUp = performance.now();
      unknown = error !== null;
    });
    opening.once('connect', () => {
      connected = performance.now();
    });
  };
}

/** How the connection was made for which this error came instead; null if it came from elsewhere. */
export const setupOfFailed = (error: object): Setup | null => setups.get(error) ?? null;

/**
 * To be called while a request is being started (undici's `onRequestStart`): tells, in the same turn, how the
 * connection that carries it was made, or null when an earlier request had it before.
 */
export function onSent(hear: (setup: Setup | null) => void): void {
  hearNext = hear;
}

// Right before the first byte, and right after `onRequestStart`; of whatever else sends by undici, nobody waits to hear.
const sending: ChannelListener = (message) => {
  const { socket } = message as { socket: Socket };
  const hear = hearNext;
  hearNext = null;
  if (!hear) return;
  const setup = setups.get(socket) ?? null;
  setups.delete(socket);
  hear(setup);
};

/** Has undici say which socket carries a request: once, however many agents there are. */
export function followSockets(): void {
  unsubscribe('undici:client:sendHeaders', sending);
  subscribe('undici:client:sendHeaders', sending);
}
