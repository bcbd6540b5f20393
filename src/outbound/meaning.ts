import ipaddr from 'ipaddr.js';
import { metadataAddresses } from '../net/addresses.js';
import { allowsAddress, type Rule } from '../net/rules.js';

export type Meaning = {
  /** What the rule lets Hookbell reach, as a sentence. */
  words: string;
  /** Why it is more than anybody should open; it must be typed once more. */
  danger: string | null;
  /** Why it is wide; it must be confirmed. */
  warning: string | null;
};

const wholeNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '169.254.0.0/16'];
const wholeV6Networks = ['fc00::/7', 'fd00::/8', 'fe80::/10'];
const metadataNames = ['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data'];

const credentials =
  'a cloud metadata address: there, clouds hand the credentials of this machine to whoever asks, and whoever may set a target URL could read them';

/** What a rule means, in words; `addresses` is what its host resolves to now, if it names one. */
export function meaningOf(rule: Rule, addresses: readonly string[] = []): Meaning {
  const metadata = metadataIn(rule, addresses);
  const danger = metadata && `${metadata} is ${credentials}.`;
  return { words: inWords(rule), danger, warning: wide(rule) };
}

function inWords(rule: Rule): string {
  const port = rule.port === null ? 'on every port' : `on port ${rule.port}`;
  if (rule.kind === 'host') return `The host ${rule.host} ${port}, at whatever address it has`;
  const [first, last] = borders(rule);
  return first === last ? `The address ${first} ${port}` : `Every address from ${first} to ${last}, ${port}`;
}

/** The first metadata address that the rule opens. */
function metadataIn(rule: Rule, addresses: readonly string[]): string | null {
  if (rule.kind === 'range') {
    const port = rule.port ?? 80;
    return metadataAddresses.find((address) => allowsAddress([rule], address, port)) ?? null;
  }
  const isName = metadataNames.some((name) => rule.host === name || rule.host.startsWith(`${name}.`));
  return isName || addresses.some((address) => metadataAddresses.includes(address)) ? rule.host : null;
}

function wide(rule: Rule): string | null {
  if (rule.kind === 'host') return null;
  if (rule.prefix === 0)
    return 'This is every address there is: nothing protects the network of this server any more.';
  const known = rule.address.includes(':') ? wholeV6Networks : wholeNetworks;
  const whole = known.find((network) => covers(rule, network));
  return whole
    ? `This is a whole network (${whole}): everything in it could be reached by whoever may set a target URL.`
    : null;
}

function covers({ address, prefix }: Rule & { kind: 'range' }, network: string): boolean {
  const [inner, length] = ipaddr.parseCIDR(network);
  return prefix <= length && inner.match([ipaddr.parse(address), prefix]);
}

function borders({ address, prefix }: Rule & { kind: 'range' }): [string, string] {
  const bytes = ipaddr.parse(address).toByteArray();
  const edge = (rest: number) =>
    ipaddr
      .fromByteArray(
        bytes.map((byte, at) => {
          const host = 0xff >> Math.min(8, Math.max(0, prefix - at * 8));
          return (byte & ~host & 0xff) | (rest & host);
        }),
      )
      .toString();
  return [edge(0), edge(0xff)];
}
