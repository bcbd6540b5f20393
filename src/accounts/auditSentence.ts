import type { AuditEntry } from './audit.js';

/** `webhook.signing-secret-rotated` on `https://…` → `rotated the signing secret of the webhook “https://…”`. */
export function auditSentence({ action, subject, details = {} }: AuditEntry): string {
  const [thing = '', verb = ''] = action.split('.');
  const words = verb.split('-');
  const what = `the ${inWords(thing)} “${subject}”`;
  const part = words.slice(0, -1).join(' ');
  return `${words.at(-1)} ${part ? `the ${part} of ${what}` : what}${inBrackets(details)}`;
}

/** `{ role: 'agent', fields: ['name'] }` → ` (role: agent; fields: name)`. */
function inBrackets(details: object): string {
  const facts = Object.entries(details)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([name, value]) =>
        `${inWords(name)}: ${name === 'fields' ? value.map(inWords).join(', ') : [value].flat().join(', ')}`,
    );
  return facts.length > 0 ? ` (${facts.join('; ')})` : '';
}

/** `data-source`, `allowedOrigins` → `data source`, `allowed origins`; `API` and the like stay. */
function inWords(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, (_match, before, after) => `${before} ${after.toLowerCase()}`)
    .replaceAll('-', ' ')
    .replace(/^api\b/, 'API');
}
