import type { Actor } from '../accounts/actor.js';
import { Invalid } from '../errors.js';
import { newSource } from '../sources/schema.js';
import type { Settings } from '../sources/settings.js';
import { type Change, changesOf, configChanges, differing, type Step } from './difference.js';
import type { OwnSecrets, SourceEntry } from './file.js';
import type { Match } from './matching.js';
import { completed } from './secrets.js';
import type { OpenSource } from './stored.js';
import type { ServicesWithin } from './within.js';

/** A config whose addresses are new here. */
export type Fresh = { path: string; config: Settings };

/** Makes the data source of an entry, or changes what differs; what the entry leaves out stays as it is. */
export async function takeSource(
  { entry, path, stored, id }: Match<SourceEntry, OpenSource>,
  secrets: OwnSecrets,
  bot: { id: string; name: string },
  { sources }: ServicesWithin,
  actor: Actor,
  at: number,
): Promise<{ step: Step; fresh: Fresh[] }> {
  const { id: _, ...fields } = entry;
  const { type = stored?.type, config: given = stored?.config ?? {} } = fields;
  if (stored && type !== stored.type)
    refuse('type', `It is of type ${stored.type} here, which cannot be changed`);
  const { config, missing } = completed(settingsIn(given), secrets.config ?? {}, stored?.config ?? {});
  if (missing.length > 0) throw new Invalid(missing.map(missingSecret));
  const input = newSource.parse({ ...fields, type, config });
  const { config: settings, ...rest } = input as typeof input & { config: Settings };
  const step = { kind: 'data source', name: input.name, bot: bot.name } as const;
  const fresh = [{ path, config: settings }];

  if (!stored) {
    await sources.create(bot.id, input, actor, at, 'manual', id);
    const { name, type, ...others } = rest;
    return {
      step: { ...step, outcome: 'created', changes: inFull({ type, ...others }, settings, {}, {}) },
      fresh,
    };
  }

  const own = Object.fromEntries(Object.entries(rest).filter(([name]) => name in fields));
  const changes = differing(own, stored);
  const isOther = Object.keys(differing({ config: settings }, { config: stored.config })).length > 0;
  if (!isOther && Object.keys(changes).length === 0)
    return { step: { ...step, outcome: 'unchanged', changes: [] }, fresh: [] };
  await sources.change(id, { ...changes, ...(isOther && { config: settings }) }, actor, at);
  const shown = inFull(changes, isOther ? settings : stored.config, stored, stored.config);
  return { step: { ...step, outcome: 'changed', changes: shown }, fresh: isOther ? fresh : [] };
}

function inFull(given: object, config: Settings, stored: object, storedConfig: Settings): Change[] {
  return [
    ...changesOf(given as Settings, stored as Settings),
    ...configChanges(config, storedConfig).map((change) => ({ ...change, field: `config: ${change.field}` })),
  ];
}

function settingsIn(given: unknown): Settings {
  if (given !== null && typeof given === 'object' && !Array.isArray(given)) return given as Settings;
  return refuse('config', 'Takes an object');
}

const missingSecret = (field: string) => ({
  path: `config.${field}`,
  message: 'This secret is neither in the file nor here: write it into the file, or export with a passphrase',
});

function refuse(path: string, message: string): never {
  throw new Invalid([{ path, message }]);
}
