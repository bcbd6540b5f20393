import { v4 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { BotService } from '../bots/service.js';
import type { Bot } from '../bots/store.js';
import type { Deps } from '../deps.js';
import { Invalid, NotFound } from '../errors.js';
import { inOneSentence } from '../net/guard.js';
import type { SlackClients } from './client.js';
import { type SlackChanges, type SlackSecrets, slackApi } from './schema.js';
import { type SlackChannel, slackStore } from './store.js';

export type SlackService = ReturnType<typeof slackService>;

/** A bot in Slack: at most one app each. */
export function slackService(
  { db, reader, guard, vault }: Pick<Deps, 'db' | 'reader' | 'guard' | 'vault'>,
  { bots, clients }: { bots: Pick<BotService, 'seenBy' | 'owns'>; clients: Pick<SlackClients, 'whoAmI'> },
) {
  bots.owns({
    describe: async (botId) => ((await slackStore(reader).ofBot(botId)) ? 'its connection to Slack' : null),
    remove: (tx, botId) => slackStore(tx).removeOf(botId),
  });

  async function ofBot(bot: Pick<Bot, 'id'>): Promise<SlackChannel> {
    const channel = await slackStore(reader).ofBot(bot.id);
    if (!channel) throw new NotFound('Connection to Slack');
    return channel;
  }

  /** Asks Slack whose token it is. Throws `Invalid` when it is nobody's. */
  async function ownerOf(apiUrl: string, token: string) {
    const refusal = await guard.resolve(apiUrl);
    if (refusal) throw new Invalid([{ path: 'apiUrl', message: inOneSentence(refusal) }]);
    const outcome = await clients.whoAmI({ apiUrl, token });
    if (outcome.kind === 'done')
      return { team: outcome.answer.team ?? null, botUser: outcome.answer.user_id ?? null };
    throw new Invalid([{ path: 'botToken', message: `This token was not taken. ${outcome.reason}` }]);
  }

  return {
    find: (id: string) => slackStore(reader).find(id),

    /** Null before anybody began to set it up. */
    async seenBy(actor: Actor, botId: string): Promise<SlackChannel | null> {
      const bot = await bots.seenBy(actor, botId);
      return slackStore(reader).ofBot(bot.id);
    },

    /** Gives it an address, for the manifest; the secrets come later. */
    async begin(botId: string, actor: Actor, at: number, id: string = uuid()): Promise<void> {
      const bot = await bots.seenBy(actor, botId);
      if (await slackStore(reader).ofBot(bot.id)) return;
      const none = { signingSecret: null, botToken: null, team: null, botUser: null, lastError: null };
      const channel = { id, botId: bot.id, apiUrl: slackApi, ...none, createdAt: at, updatedAt: at };
      await db.transaction(async (tx) => {
        await slackStore(tx).insert(channel);
        await auditLog(tx).record(
          actor,
          { action: 'slack-app.created', subject: bot.name, subjectId: bot.id },
          at,
        );
      });
    },

    /** Takes the secrets; one that is left out stays, but a token is not sent to another address than before. */
    async connect(
      botId: string,
      { signingSecret, botToken, apiUrl: given }: SlackChanges,
      actor: Actor,
      at: number,
    ): Promise<SlackChannel> {
      const bot = await bots.seenBy(actor, botId);
      const before = await ofBot(bot);
      const apiUrl = given ?? before.apiUrl;
      const kept = before.botToken && apiUrl === before.apiUrl ? vault.open(before.botToken) : null;
      const token = botToken ?? kept;
      const missing = [
        ...(signingSecret || before.signingSecret ? [] : [{ path: 'signingSecret', message: 'Missing' }]),
        ...(token
          ? []
          : [
              {
                path: 'botToken',
                message: before.botToken ? 'Enter it again for the new address' : 'Missing',
              },
            ]),
      ];
      if (!token || missing.length > 0) throw new Invalid(missing);
      const owner = await ownerOf(apiUrl, token);
      const changes = {
        apiUrl,
        ...owner,
        botToken: vault.seal(token),
        lastError: null,
        ...(signingSecret && { signingSecret: vault.seal(signingSecret) }),
        updatedAt: at,
      };
      await db.transaction(async (tx) => {
        await slackStore(tx).update({ id: before.id, ...changes });
        const details = { workspace: owner.team };
        const entry = { action: 'slack-app.connected', subject: bot.name, subjectId: bot.id, details };
        await auditLog(tx).record(actor, entry, at);
      });
      return { ...before, ...changes };
    },

    /** Takes what a configuration file says, as it is: Slack was asked when it was connected there. */
    async restore(
      botId: string,
      { signingSecret, botToken, ...given }: { apiUrl?: string } & Partial<SlackSecrets>,
      actor: Actor,
      at: number,
    ): Promise<void> {
      const bot = await bots.seenBy(actor, botId);
      const { id } = await ofBot(bot);
      const secrets = {
        ...(signingSecret && { signingSecret: vault.seal(signingSecret) }),
        ...(botToken && { botToken: vault.seal(botToken) }),
      };
      const entry = { action: 'slack-app.changed', subject: bot.name, subjectId: bot.id };
      await db.transaction(async (tx) => {
        await slackStore(tx).update({ id, ...given, ...secrets, lastError: null, updatedAt: at });
        await auditLog(tx).record(actor, entry, at);
      });
    },

    /** Its conversations stay with the bot; what waits for Slack is sent no more. */
    async remove(botId: string, actor: Actor, at: number): Promise<void> {
      const bot = await bots.seenBy(actor, botId);
      await ofBot(bot);
      await db.transaction(async (tx) => {
        await slackStore(tx).removeOf(bot.id);
        await auditLog(tx).record(
          actor,
          { action: 'slack-app.deleted', subject: bot.name, subjectId: bot.id },
          at,
        );
      });
    },
  };
}
