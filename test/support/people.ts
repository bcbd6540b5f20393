import { randomUUID } from 'node:crypto';
import type { Actor } from '../../src/accounts/actor.js';
import { hashPassword } from '../../src/accounts/passwords.js';
import { type User, userStore } from '../../src/accounts/store.js';
import type { Hookbell } from '../../src/hookbell.js';
import type { Running } from './server.js';
import { type Visitor, visitor } from './visitor.js';

export const password = 'a long enough password';

export type Holder = { id: string; email: string; key: string };
export type Person = Visitor & Holder;

// A guess takes a quarter of a second otherwise, and the tests make hundreds.
const cheap = { ln: 8, r: 8, p: 1 };
let made = 0;
let hash: Promise<string> | undefined;

/** A user whose password is the one above; hashed once, and cheaply. */
export async function userIn({ deps }: Hookbell, role: Actor['role'], email?: string): Promise<User> {
  made += 1;
  hash ??= hashPassword(password, cheap);
  const user: User = {
    id: randomUUID(),
    email: email ?? `person${made}@example.com`,
    name: `Person ${made}`,
    role,
    createdAt: deps.clock(),
  };
  await userStore(deps.db).insert(user, await hash);
  return user;
}

/** A user with an API key. */
export async function keyHolder({ hookbell }: Running, role: Actor['role'] = 'admin'): Promise<Holder> {
  const user = await userIn(hookbell, role);
  const key = await hookbell.accounts.createApiKey(user, 'test', user, hookbell.deps.clock());
  return { id: user.id, email: user.email, key };
}

/** A user with an API key, signed in through the pages. */
export async function person(running: Running, role: Actor['role'] = 'admin'): Promise<Person> {
  const holder = await keyHolder(running, role);
  const browser = visitor(running.url);
  const answer = await browser.submit('/login', { email: holder.email, password });
  if (answer.status !== 303) throw new Error(`cannot sign in: ${answer.status}`);
  return { ...browser, ...holder };
}
