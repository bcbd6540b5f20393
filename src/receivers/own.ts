import { type AddressInfo, isIPv6 } from 'node:net';
import { Agent, buildConnector } from 'undici';
import type { Config } from '../config.js';
import type { Guard } from '../net/guard.js';
import { timed } from '../net/setup.js';
import { tokenOf } from './address.js';

/** How deliveries reach the test receivers of this very server, which the guard refuses where it is not public. */
export type OwnReceivers = {
  /** The guard as it judges the targets of webhooks: what is delivered here itself is not refused. */
  known: (guard: Guard) => Guard;
  /** What connects to this process and to nothing else, for a URL of a test receiver; null for every other URL. */
  agentFor: (url: string | URL) => Agent | null;
  /** Where this process listens; until it is told, and in a process without receivers, the guard is asked as ever. */
  listensAt: (address: AddressInfo | string | null) => void;
  close: () => Promise<void>;
};

export function ownReceivers({ publicUrl, role }: Pick<Config, 'publicUrl' | 'role'>): OwnReceivers {
  const connect = timed(buildConnector({}));
  let here: { host: string; port: number } | null = null;
  // Whatever it is asked for, it connects here: TLS ends at a proxy in front, so the socket is a plain one.
  const agent = new Agent({
    connect: (target, done) => {
      if (!here) return void process.nextTick(done, new Error('This process does not listen'), null);
      connect({ ...target, protocol: 'http:', hostname: here.host, port: String(here.port) }, done);
    },
  });

  // What another process (`worker`) sends goes through its guard.
  const serves = (url: string | URL) => role === 'all' && tokenOf(publicUrl, url) !== null;

  return {
    known: (guard) => ({
      ...guard,
      inspect: (url) => (serves(url) ? null : guard.inspect(url)),
      resolve: async (url) => (serves(url) ? null : guard.resolve(url)),
    }),
    agentFor: (url) => (here && serves(url) ? agent : null),
    listensAt(address) {
      if (address && typeof address === 'object') here = { host: reachable(address), port: address.port };
    },
    close: () => agent.destroy(),
  };
}

/** Whoever listens everywhere is reached at the loopback address. */
function reachable({ address }: AddressInfo): string {
  if (isIPv6(address)) return address === '::' ? '::1' : address;
  return address === '0.0.0.0' ? '127.0.0.1' : address;
}
