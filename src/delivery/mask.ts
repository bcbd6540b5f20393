import type { Target } from '../webhooks/target.js';

export const mask = '••••••';

/** Shorter ones are no credentials, and every answer holds some of them by chance. */
const shortest = 8;

/** Masks what is secret of a webhook in what is kept of a receiver's answer: it may echo what it got. */
export function masking({ secret, headers }: Pick<Target, 'secret' | 'headers'>): (text: string) => string {
  const values = Object.values(headers);
  if (values.length === 0) return (text) => text.replaceAll(secret, mask);
  // As they are and as JSON writes them; of `Bearer …` also what follows.
  const parts = values.flatMap((value) => [value, ...value.split(' ')]);
  const secrets = parts.flatMap((part) => [part, JSON.stringify(part).slice(1, -1)]);
  const told = [...new Set(secrets)]
    .filter((part) => part.length >= shortest)
    .sort((one, other) => other.length - one.length);
  return (text) => [secret, ...told].reduce((masked, part) => masked.replaceAll(part, mask), text);
}
