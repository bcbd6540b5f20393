import type { Rule } from '../net/rules.js';
import type { Actor } from './actor.js';

const own = [
  { name: 'API keys', path: 'api-keys', icon: 'key', about: 'Let programs act as you through the API.' },
  { name: 'Password', path: 'password', icon: 'lock', about: 'Change it, and sign out everywhere else.' },
];

const house = [
  { name: 'Users', path: 'users', icon: 'users', about: 'Who may sign in, as admin or as agent.' },
  { name: 'Outbound rules', path: 'outbound', icon: 'world', about: 'Which addresses Hookbell may reach.' },
  { name: 'Audit log', path: 'audit', icon: 'list-details', about: 'Who changed what, and when.' },
];

/** The pages behind `/app/settings`, as cards. */
export const settingsFor = (role: Actor['role']) => (role === 'admin' ? [...own, ...house] : own);

/** A rule as OUTBOUND_ALLOW takes it. */
export function ruleText(rule: Rule): string {
  const port = rule.port === null ? '' : `:${rule.port}`;
  if (rule.kind === 'host') return rule.host + port;
  const isV6 = rule.address.includes(':');
  if (rule.prefix < (isV6 ? 128 : 32)) return `${rule.address}/${rule.prefix}`;
  return isV6 && port ? `[${rule.address}]${port}` : rule.address + port;
}
