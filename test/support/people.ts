import type { Actor } from '../../src/accounts/actor.js';
import { commandLine } from '../../src/accounts/actor.js';
import type { Running } from './server.js';
import { type Visitor, visitor } from './visitor.js';

export const password = 'a long enough password';

export type Person = Visitor & { id: string; email: string; key: string };

let made = 0;

/** A user with an API key, signed in through the pages. */
export async function person(running: Running, role: Actor['role'] = 'admin'): Promise<Person> {
  const { accounts, deps } = running.hookbell;
  made += 1;
  const input = { email: `person${made}@example.com`, name: `Person ${made}`, role, password };
  const user = await accounts.createUser(input, commandLine, deps.clock());
  const key = await accounts.createApiKey(user, 'test', user, deps.clock());
  const browser = visitor(running.url);
  const answer = await browser.submit('/login', { email: input.email, password });
  if (answer.status !== 303) throw new Error(`cannot sign in: ${answer.status}`);
  return { ...browser, id: user.id, email: user.email, key };
}
