import ipaddr from 'ipaddr.js';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

// Azure's lies in public space; the others would be refused by their range, but their name says more.
const metadata = new Set([
  '169.254.169.254',
  '169.254.169.253',
  '169.254.170.2',
  '169.254.170.23',
  '169.254.0.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::253',
  'fd00:ec2::23',
  'fd20:ce::254',
]);

/** Where clouds answer with the credentials of the machine that asks. */
export const metadataAddresses: readonly string[] = [...metadata];

const kinds: Record<string, string> = {
  unspecified: 'the unspecified address',
  loopback: 'a loopback address',
  private: 'a private address',
  uniqueLocal: 'a private address',
  linkLocal: 'a link-local address',
  carrierGradeNat: 'a carrier-grade NAT address',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  '6to4': 'a 6to4 address',
  teredo: 'a Teredo address',
  rfc6052: 'a NAT64 address',
  rfc6145: 'an IPv4-translated address',
};

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
const wellKnownNat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** Reads an IP address in any spelling; an IPv4-mapped IPv6 address becomes the IPv4 address it is to the system. */
export function parseAddress(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

/**
 * Why an address is not one of the public internet, as the rest of a sentence (`is a private address`);
 * null if it is. Ranges are those of the IANA special-purpose registries as ipaddr.js keeps them. An IPv6
 * address that carries an IPv4 address is judged by what it carries, or refused where that cannot be known.
 */
export function whyNotPublic(text: string): string | null {
  const address = parseAddress(text);
  if (!address) return 'is not an IP address';
  if (metadata.has(address.toString())) return 'is a cloud metadata address';
  if (address.kind() === 'ipv6') return whyNotPublicV6(address as ipaddr.IPv6);
  const why = kindOf(address);
  const isMapped = ipaddr.parse(text).kind() === 'ipv6';
  return why && isMapped ? `stands for ${address}, which ${why}` : why;
}

function whyNotPublicV6(address: ipaddr.IPv6): string | null {
  if (address.zoneId) return 'is tied to a network interface';
  if (address.match(wellKnownNat64)) {
    const inner = lastFourBytes(address);
    const why = whyNotPublic(inner);
    return why && `stands for ${inner}, which ${why}`;
  }
  if (isIsatap(address)) return `stands for ${lastFourBytes(address)} (ISATAP)`;
  // ipaddr.js calls everything unicast that is in no registry; only 2000::/3 has been given out (RFC 4291).
  return kindOf(address) ?? (address.match(globalUnicast) ? null : 'is not a global address');
}

function kindOf(address: Address): string | null {
  const range = address.range();
  return range === 'unicast' ? null : `is ${kinds[range] ?? 'a reserved address'}`;
}

/** RFC 5214: the interface id is 0000:5efe or 0200:5efe followed by an IPv4 address. */
function isIsatap(address: ipaddr.IPv6): boolean {
  const [marker = 0, tag = 0] = address.parts.slice(4);
  return (marker & ~0x0200) === 0 && tag === 0x5efe;
}

function lastFourBytes(address: ipaddr.IPv6): string {
  return address.toByteArray().slice(12).join('.');
}
