import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseAddress } from './addresses.js';

/** What may be reached although it is not public. Plain data, so that a worker thread can be given it. */
export type Rule =
  | { kind: 'range'; address: string; prefix: number; port: number | null }
  | { kind: 'host'; host: string; port: number | null };

const takes =
  'it takes a comma list of CIDRs (10.0.0.0/8), IP addresses, hosts, host:port, ip:port or [ipv6]:port';

/** Reads the text of OUTBOUND_ALLOW; throws an Error that names the first entry that is none of what it takes. */
export function parseRules(text: string): Rule[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)
    .map((entry) => {
      const rule = parseRule(entry);
      if (!rule) throw new Error(`“${entry}” is not an entry of OUTBOUND_ALLOW: ${takes}`);
      return rule;
    });
}

/** One entry; null if it is none of what OUTBOUND_ALLOW takes. */
export function parseRule(entry: string): Rule | null {
  return entry.includes('/') ? rangeRule(entry) : (addressRule(entry) ?? hostRule(entry));
}

/** A rule as OUTBOUND_ALLOW takes it. */
export function ruleText(rule: Rule): string {
  const port = rule.port === null ? '' : `:${rule.port}`;
  if (rule.kind === 'host') return rule.host + port;
  const isV6 = rule.address.includes(':');
  if (rule.prefix < (isV6 ? 128 : 32)) return `${rule.address}/${rule.prefix}`;
  return isV6 && port ? `[${rule.address}]${port}` : rule.address + port;
}

/** Whether a rule names this host; then it may be reached at whatever address it has. */
export function allowsHost(rules: readonly Rule[], host: string, port: number): boolean {
  return rules.some((rule) => rule.kind === 'host' && rule.host === host && onPort(rule, port));
}

/** Whether a rule names this address, or a range that it lies in. */
export function allowsAddress(rules: readonly Rule[], text: string, port: number): boolean {
  const address = parseAddress(text);
  return rules.some((rule) => {
    if (!address || rule.kind !== 'range' || !onPort(rule, port)) return false;
    const range = ipaddr.parse(rule.address);
    return range.kind() === address.kind() && address.match([range, rule.prefix]);
  });
}

function onPort(rule: Rule, port: number): boolean {
  return rule.port === null || rule.port === port;
}

function rangeRule(entry: string): Rule | null {
  // ipaddr.js reads 10/8 as 0.0.0.10/8: only the spelling with four parts says what was meant.
  if (!ipaddr.IPv4.isValidCIDRFourPartDecimal(entry) && !ipaddr.IPv6.isValidCIDR(entry)) return null;
  const [address, prefix] = ipaddr.parseCIDR(entry);
  const plain = parseAddress(address.toString());
  const isMapped = plain?.kind() === 'ipv4' && address.kind() === 'ipv6' && prefix >= 96;
  return isMapped ? range(plain.toString(), prefix - 96) : range(address.toString(), prefix);
}

function addressRule(text: string, port: number | null = null): Rule | null {
  const address = isIPv4(text) || isIPv6(text) ? parseAddress(text) : null;
  return address && range(address.toString(), address.kind() === 'ipv4' ? 32 : 128, port);
}

function hostRule(entry: string): Rule | null {
  const [, written, digits] = /^(\[[^\]]+\]|[\p{L}\p{N}._-]+)(?::(\d{1,5}))?$/u.exec(entry) ?? [];
  const port = digits === undefined ? null : Number(digits);
  if (!written || port === 0 || (port ?? 1) > 65535 || !URL.canParse(`http://${written}`)) return null;
  const host = bareHost(new URL(`http://${written}`).hostname);
  return addressRule(host, port) ?? { kind: 'host', host, port };
}

/** A URL's hostname as rules, sockets and people write it: no brackets, no dot at the end. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

function range(address: string, prefix: number, port: number | null = null): Rule {
  return { kind: 'range', address, prefix, port };
}
