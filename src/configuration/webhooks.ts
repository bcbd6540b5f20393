import type { Actor } from '../accounts/actor.js';
import { Invalid } from '../errors.js';
import { type NewWebhook, newWebhook, type WebhookChanges } from '../webhooks/schema.js';
import { type Change, changesOf, differing, headerChanges, type Step, secretChange } from './difference.js';
import type { OwnSecrets, WebhookEntry } from './file.js';
import type { Match } from './matching.js';
import type { OpenWebhook } from './stored.js';
import type { ServicesWithin } from './within.js';

/** A target that is new here. */
export type FreshTarget = { path: string; targetUrl: string };

/** The data sources of the bot as they are after the import. */
export type Named = { id: string; name: string };

const aDay = 24 * 3_600_000;

/** Makes the webhook of an entry, or changes what differs; what the entry leaves out stays as it is. */
export async function takeWebhook(
  { entry, path, stored, id }: Match<WebhookEntry, OpenWebhook>,
  secrets: OwnSecrets,
  bot: { id: string; name: string; sources: Named[] },
  { webhooks }: ServicesWithin,
  actor: Actor,
  at: number,
): Promise<{ step: Step; fresh: FreshTarget[] }> {
  const { id: _, dataSource, ...fields } = entry;
  if (stored && fields.type !== stored.type)
    refuse('type', `It is a ${stored.type} here, which cannot be changed`);
  const { type: __, ...input } = newWebhook.parse({
    secret: secrets.secret,
    ...fields,
    ...(entry.headers !== undefined && { headers: withValues(entry.headers, secrets) }),
    ...(dataSource !== undefined && { dataSourceId: sourceMeant(dataSource, bot.sources) }),
  });
  const type = fields.type as NewWebhook['type'];
  const name = `${type}${(input.targetUrl ?? stored?.targetUrl) ? ` to ${input.targetUrl ?? stored?.targetUrl}` : ''}`;
  const step = { kind: 'webhook', name, bot: bot.name } as const;
  const fresh = input.targetUrl ? [{ path, targetUrl: input.targetUrl }] : [];
  const { secret, headers, ...plain } = input;

  if (!stored) {
    const isTrigger = type === 'sync.trigger';
    const brought = { id, signingSecret: secrets.signingSecret };
    await webhooks.create(bot.id, { ...input, type, ...(isTrigger && { id }) }, actor, at, brought);
    const changes = [
      ...shownWith(bot.sources, differing(plain, {}), {}),
      ...headerChanges(headers ?? {}, {}),
      ...(secret ? [secretChange('secret', true)] : []),
      ...(secrets.signingSecret ? [secretChange('signing secret', true)] : []),
    ];
    return { step: { ...step, outcome: 'created', changes }, fresh };
  }

  const given = { ...fields, ...(dataSource !== undefined && { dataSourceId: null }) };
  const own = Object.fromEntries(Object.entries(plain).filter(([field]) => field in given));
  const changes: WebhookChanges = differing(own, { ...stored });
  const isOther = {
    secret: secret !== undefined && secret !== stored.secret,
    signs: signsAnew(secrets, stored),
  };
  const wanted = headers && known(headers, stored.headers);
  const otherHeaders = wanted ? headerChanges(wanted, stored.headers) : [];
  const shown = [
    ...shownWith(bot.sources, changes, { ...stored }),
    ...otherHeaders,
    ...(isOther.secret ? [secretChange('secret', false)] : []),
    ...(isOther.signs ? [secretChange('signing secret', false)] : []),
  ];
  if (shown.length === 0) return { step: { ...step, outcome: 'unchanged', changes: [] }, fresh: [] };
  const all = { ...changes, ...(isOther.secret && { secret }), ...(otherHeaders.length > 0 && { headers }) };
  if (Object.keys(all).length > 0) await webhooks.change(id, all, actor, at);
  if (isOther.signs) await webhooks.rotateSigningSecret(id, aDay, actor, at, secrets.signingSecret);
  return { step: { ...step, outcome: 'changed', changes: shown }, fresh: changes.targetUrl ? fresh : [] };
}

/** By id, or else by name. */
function sourceMeant(meant: string | null, sources: Named[]): string | null {
  if (meant === null) return null;
  const found = sources.filter(({ id }) => id === meant);
  const named = found.length > 0 ? found : sources.filter(({ name }) => name === meant);
  if (named.length > 1)
    refuse('dataSource', `${named.length} data sources of this bot are called “${meant}”: give the id`);
  return named[0]?.id ?? refuse('dataSource', `This bot has no data source “${meant}”`);
}

/** Where a value was left out, the one that was exported with it; null where the stored one stays. */
function withValues(headers: unknown, { headers: exported = {} }: OwnSecrets): unknown {
  if (headers === null || typeof headers !== 'object' || Array.isArray(headers)) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value ?? exported[name] ?? null]),
  );
}

/** With null for a value that is not stored either, which is refused when it is written. */
function known(headers: Record<string, string | null>, stored: Record<string, string>) {
  const own = new Map(Object.entries(stored).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value ?? own.get(name.toLowerCase()) ?? null]),
  );
}

const signsAnew = ({ signingSecret }: OwnSecrets, stored: OpenWebhook) =>
  stored.type !== 'sync.trigger' && signingSecret !== undefined && signingSecret !== stored.signingSecret;

/** Data sources by their names. */
function shownWith(sources: Named[], given: object, stored: Record<string, unknown>): Change[] {
  const named = ({ dataSourceId, ...rest }: Record<string, unknown>) => ({
    ...(dataSourceId !== undefined && {
      dataSource: sources.find(({ id }) => id === dataSourceId)?.name ?? dataSourceId,
    }),
    ...rest,
  });
  return changesOf(named({ ...given }), named(stored));
}

function refuse(path: string, message: string): never {
  throw new Invalid([{ path, message }]);
}
