import type { Actor } from '../accounts/actor.js';
import { newChannel } from '../channels/schema.js';
import type { Channel } from '../channels/store.js';
import { changesOf, differing, type Step, secretChange } from './difference.js';
import type { ChannelEntry, OwnSecrets } from './file.js';
import type { Match } from './matching.js';
import type { ServicesWithin } from './within.js';

/** Makes the API channel of an entry, or changes what differs; what the entry leaves out stays as it is. */
export async function takeChannel(
  { entry, stored, id }: Match<ChannelEntry, Channel>,
  secrets: OwnSecrets,
  bot: { id: string; name: string },
  { channels }: ServicesWithin,
  actor: Actor,
  at: number,
): Promise<Step> {
  const { id: _, secret: given, ...fields } = entry;
  const { secret, ...input } = newChannel.parse({ ...fields, secret: given ?? secrets.secret });
  const step = { kind: 'API channel', name: input.name, bot: bot.name } as const;

  if (!stored) {
    await channels.create(bot.id, { ...input, secret, id }, actor, at);
    const { id: _own, name: _name, ...others } = input;
    const changes = [...changesOf(others, {}), ...(secret ? [secretChange('secret', true)] : [])];
    return { ...step, outcome: 'created', changes };
  }

  const own = Object.fromEntries(Object.entries(input).filter(([name]) => name in fields));
  const changes = differing(own, { ...stored });
  const isOther = secret !== undefined && secret !== stored.secret;
  const shown = [...changesOf(changes, { ...stored }), ...(isOther ? [secretChange('secret', false)] : [])];
  if (shown.length === 0) return { ...step, outcome: 'unchanged', changes: [] };
  if (Object.keys(changes).length > 0) await channels.change(id, changes, actor, at);
  if (isOther) await channels.rotateSecret(id, secret, actor, at);
  return { ...step, outcome: 'changed', changes: shown };
}
