import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { Invalid } from '../errors.js';
import { keptSlack, slackApi } from '../slack/schema.js';
import { type Change, changesOf, differing, type Step, secretChange } from './difference.js';
import type { OwnSecrets, SlackEntry } from './file.js';
import type { OpenSlack } from './stored.js';
import type { ServicesWithin } from './within.js';

/** Slack's address, where it is new here. */
export type FreshApi = { path: string; apiUrl: string };

type Secrets = NonNullable<OwnSecrets['slack']>;

const nothing: Secrets = { signingSecret: null, botToken: null, team: null, botUser: null };

/**
 * Connects a bot to Slack as an entry says, or changes what differs. Its secrets come from an export with a passphrase:
 * without them it gets its address, and is connected on its page.
 */
export async function takeSlack(
  { entry, path, stored }: { entry: SlackEntry; path: string; stored: OpenSlack | null },
  { slack: secrets = nothing }: OwnSecrets,
  bot: { id: string; name: string },
  { slack }: ServicesWithin,
  actor: Actor,
  at: number,
): Promise<{ step: Step; fresh: FreshApi[] }> {
  const { id: given, ...fields } = entry;
  const before = stored ?? { ...nothing, apiUrl: slackApi };
  const { apiUrl = before.apiUrl } = keptSlack.parse(fields);
  const isElsewhere = apiUrl !== before.apiUrl;
  if (isElsewhere && before.botToken && !secrets.botToken) refuse('apiUrl', tokenStays);
  const others = brought(secrets, before);
  const changes = { ...(isElsewhere && { apiUrl }), ...others };
  const step = { kind: 'connection', name: 'Slack', bot: bot.name } as const;
  const fresh = isElsewhere ? [{ path, apiUrl }] : [];

  if (stored && Object.keys(changes).length === 0)
    return { step: { ...step, outcome: 'unchanged', changes: [] }, fresh };
  if (!stored) {
    if (given && (await slack.find(given))) refuse('id', idIsTaken);
    await slack.begin(bot.id, actor, at, given ?? uuid());
  }
  if (Object.keys(changes).length > 0) await slack.restore(bot.id, changes, actor, at);
  const shown = inWords(stored ? changes : { apiUrl, ...others }, stored);
  return { step: { ...step, outcome: stored ? 'changed' : 'created', changes: shown }, fresh };
}

/** The secrets that differ; what Slack said of a token comes with it. */
function brought({ signingSecret, botToken, team, botUser }: Secrets, before: Secrets): Partial<Secrets> {
  return {
    ...(signingSecret && signingSecret !== before.signingSecret && { signingSecret }),
    ...(botToken && botToken !== before.botToken && { botToken, team, botUser }),
  };
}

function inWords(
  { apiUrl, signingSecret, botToken, team }: Partial<OpenSlack>,
  stored: OpenSlack | null,
): Change[] {
  const before = { address: stored?.apiUrl, workspace: stored?.team };
  return [
    ...changesOf(differing({ address: apiUrl, workspace: team }, before), before),
    ...(signingSecret ? [secretChange('signing secret', !stored?.signingSecret)] : []),
    ...(botToken ? [secretChange('bot token', !stored?.botToken)] : []),
  ];
}

const tokenStays =
  'The token that is here is not sent to another address: connect it again on the page of the bot';
const idIsTaken = 'This id belongs to another bot here: leave it out to make a new one';

function refuse(path: string, message: string): never {
  throw new Invalid([{ path, message }]);
}
