import type { Actor } from '../accounts/actor.js';
import { newBot } from '../bots/schema.js';
import { changesOf, differing, type Step } from './difference.js';
import type { BotEntry } from './file.js';
import type { Match } from './matching.js';
import type { StoredBot } from './stored.js';
import type { ServicesWithin } from './within.js';

/** Makes the bot of an entry, or changes what differs; what the entry leaves out stays as it is. */
export async function takeBot(
  { entry, stored, id }: Match<BotEntry, StoredBot>,
  { bots }: ServicesWithin,
  actor: Actor,
  at: number,
): Promise<Step> {
  const { id: _, dataSources, webhooks, channels, slack, ...fields } = entry;
  const input = newBot.parse(fields);
  const step = { kind: 'bot', name: input.name, bot: input.name } as const;
  if (!stored) {
    await bots.create(input, actor, at, id);
    return { ...step, outcome: 'created', changes: changesOf(differing(input, {}), {}) };
  }
  const given = Object.fromEntries(
    Object.keys(fields).map((name) => [name, input[name as keyof typeof input]]),
  );
  const changes = differing(given, stored);
  if (Object.keys(changes).length === 0) return { ...step, outcome: 'unchanged', changes: [] };
  await bots.change(id, changes, actor, at);
  return { ...step, outcome: 'changed', changes: changesOf(changes, stored) };
}
