import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { whyNotPublic } from './addresses.js';
import { allowsAddress, allowsHost, bareHost, type Rule } from './rules.js';

/** Why an address may not be reached, and the setting that would allow it; null if none would. */
export type Refusal = { rule: string; setting: string | null };

/** The guard refused: nothing was sent. The message is one sentence for people. */
export class Refused extends Error {
  override name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(inOneSentence(refusal));
    this.refusal = refusal;
  }
}

export function inOneSentence({ rule, setting }: Refusal): string {
  return setting ? `${rule}; ${setting} would allow it` : rule;
}

const kept =
  /^(?:Not sent: |https?:\S+ could not be read: )?((\S+) (?:is|stands for|resolves to) [^;]*); OUTBOUND_ALLOW=(\S+):(\d+) would allow it$/i;

/** A refusal as it is found again in what was kept of it, with the host, port and address that a rule would have to name. */
export type KeptRefusal = { rule: string; host: string; port: number; address: string };

/**
 * Finds the refusal in an error that was stored; null if the text is not wholly the guard's: what a receiver says must
 * not pass for it.
 */
export function refusalIn(text: string | null | undefined): KeptRefusal | null {
  const [, rule = '', said = '', named = '', digits] = kept.exec(text ?? '') ?? [];
  const host = bareHost(named).toLowerCase();
  if (!host || host !== said.toLowerCase()) return null;
  const address = / resolves to ([^\s,]+),/.exec(rule)?.[1] ?? host;
  return { rule: host + rule.slice(host.length), host, port: Number(digits), address };
}

/** Decides for every connection that leaves: what is not public must be named by a rule. */
export type Guard = {
  /** Judges a URL by what it says alone: scheme, userinfo, and the host if it is an IP address. */
  inspect: (url: string | URL) => Refusal | null;
  /**
   * Judges a URL and every address its name has now, for telling people early. A name that cannot be
   * resolved is not refused here. What counts is the check of the address that is connected to.
   */
  resolve: (url: string | URL) => Promise<Refusal | null>;
  /** Judges an IP address about to be connected to: no socket asks `lookup` about these. Null for names. */
  admit: (host: string, port: number) => Refusal | null;
  /** The `lookup` of every socket to this port: resolves a name and refuses with `Refused` what may not be reached. */
  lookup: (port: number) => LookupFunction;
  /** Judges a host at these addresses; of a connection that is open, whether it may stay so. */
  judge: (host: string, port: number, addresses: readonly string[]) => Refusal | null;
  /** What a name resolves to at this moment; an IP address to itself, and nothing where there is no such name. */
  addressesOf: (hostname: string) => Promise<string[]>;
  /** The rules that count now. */
  rules: () => readonly Rule[];
  /** To be called when the rules are others: `onChange` tells whoever holds connections. */
  changed: () => void;
  onChange: (hear: () => void) => void;
};

type Lookup = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export function createGuard(rules: () => readonly Rule[], lookup: Lookup = systemLookup): Guard {
  function judge(host: string, port: number, addresses: readonly string[]): Refusal | null {
    if (allowsHost(rules(), host, port)) return null;
    for (const address of addresses) {
      const why = whyNotPublic(address);
      if (why && !allowsAddress(rules(), address, port)) {
        const rule = address === host ? `${host} ${why}` : `${host} resolves to ${address}, which ${why}`;
        return { rule, setting: `OUTBOUND_ALLOW=${host.includes(':') ? `[${host}]` : host}:${port}` };
      }
    }
    return null;
  }

  const hearers: (() => void)[] = [];

  const guard: Guard = {
    rules,
    judge,

    changed() {
      for (const hear of hearers) hear();
    },

    onChange: (hear) => void hearers.push(hear),

    addressesOf(hostname) {
      const host = bareHost(hostname.toLowerCase());
      if (isIP(host)) return Promise.resolve([host]);
      return new Promise((answer) => {
        lookup(host, { all: true }, (error, addresses) =>
          answer(error ? [] : addresses.map(({ address }) => address)),
        );
      });
    },

    inspect(address) {
      const url = URL.canParse(String(address)) ? new URL(address) : null;
      // “http://./” has a host without a name.
      if (!url || (url.host && !bareHost(url.hostname)))
        return { rule: `“${address}” is not a URL`, setting: null };
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        return { rule: `${url.protocol} addresses are not allowed, only http: and https:`, setting: null };
      if (url.username || url.password)
        return { rule: 'a URL must not carry a user name or password', setting: null };
      return guard.admit(url.hostname, portOf(url));
    },

    async resolve(address) {
      const refusal = guard.inspect(address);
      if (refusal) return refusal;
      const url = new URL(address);
      return new Promise((answer) => {
        guard.lookup(portOf(url))(bareHost(url.hostname), { all: true }, (error) =>
          answer(error instanceof Refused ? error.refusal : null),
        );
      });
    },

    admit(hostname, port) {
      const host = bareHost(hostname);
      return isIP(host) ? judge(host, port, [host]) : null;
    },

    lookup: (port) => (hostname, options, done) => {
      lookup(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return done(error, []);
        const host = bareHost(hostname.toLowerCase());
        const refusal = judge(
          host,
          port,
          addresses.map(({ address }) => address),
        );
        if (refusal) return done(new Refused(refusal), []);
        const [first] = addresses;
        if (options.all || !first) return done(null, addresses);
        done(null, first.address, first.family);
      });
    },
  };
  return guard;
}

export function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}
