import type { Deps } from '../deps.js';
import { type FieldError, Invalid } from '../errors.js';
import { fieldErrors } from '../http/problem.js';
import { inOneSentence } from '../net/guard.js';
import { connectors } from './connectors/registry.js';

export type Settings = Record<string, unknown>;

const addresses = ['url', 'baseUrl'];

/** A config as its connector takes it. Throws `Invalid` with paths below `config`. */
export function validSettings(type: string, settings: Settings): Settings {
  const parsed = connectors.get(type)!.config.safeParse(settings);
  if (parsed.success) return parsed.data as Settings;
  throw new Invalid(fieldErrors(parsed.error).map(({ path, message }) => ({ path: below(path), message })));
}

/** Throws `Invalid` when an address in a config may not be reached from here. */
export async function requireReachable({ guard }: Pick<Deps, 'guard'>, settings: Settings): Promise<void> {
  const errors: FieldError[] = [];
  for (const name of addresses) {
    const address = settings[name];
    const refusal = typeof address === 'string' ? await guard.resolve(address) : null;
    if (refusal) errors.push({ path: below(name), message: inOneSentence(refusal) });
  }
  if (errors.length > 0) throw new Invalid(errors);
}

const below = (path: string) => (path ? `config.${path}` : 'config');
