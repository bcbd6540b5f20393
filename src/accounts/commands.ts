import type { Config } from '../config.js';
import { openDatabase } from '../database.js';
import { NotFound } from '../errors.js';
import { createVault, secretKeyFrom } from '../vault.js';
import { commandLine } from './actor.js';
import { newApiKey, newUser } from './schema.js';
import { type AccountService, accountService } from './service.js';

/** Makes a user; the id, to be printed. */
export function createUser(given: Record<string, string>, config: Config): Promise<string> {
  return withAccounts(config, async (accounts) => {
    const user = await accounts.createUser(newUser.parse(given), commandLine, Date.now());
    return user.id;
  });
}

/** Makes an API key of the user with that address; the key, to be printed. */
export function createApiKey(
  { email, name = 'Command line' }: { email?: string; name?: string },
  config: Config,
): Promise<string> {
  return withAccounts(config, async (accounts) => {
    const key = newApiKey.parse({ name });
    const user = await accounts.findByEmail(email!.trim().toLowerCase());
    if (!user) throw new NotFound(`User ${email}`);
    return accounts.createApiKey(user, key.name, commandLine, Date.now());
  });
}

async function withAccounts<T>(config: Config, work: (accounts: AccountService) => Promise<T>): Promise<T> {
  const database = openDatabase(config);
  try {
    await database.migrate();
    return await work(accountService({ ...database, vault: createVault(secretKeyFrom(config)) }));
  } finally {
    await database.close();
  }
}
