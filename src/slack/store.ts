import type { Knex } from 'knex';

/** How a bot is reached in Slack. The secrets are sealed by the vault; without them it is not set up yet. */
export type SlackChannel = {
  id: string;
  botId: string;
  /** Slack's Web API, with a slash at the end. */
  apiUrl: string;
  signingSecret: string | null;
  botToken: string | null;
  /** The name of the workspace, and the id of the bot in it, as Slack told them. */
  team: string | null;
  botUser: string | null;
  /** Why Slack took the last message not at all, or not yet. */
  lastError: string | null;
  createdAt: number;
  updatedAt: number;
};

export function slackStore(connection: Knex) {
  const table = () => connection('slack_channels');
  return {
    async find(id: string): Promise<SlackChannel | null> {
      return fromRow(await table().where({ id }).first());
    },
    async ofBot(botId: string): Promise<SlackChannel | null> {
      return fromRow(await table().where({ bot_id: botId }).first());
    },
    /** Where the bot has one already, that one stays. */
    async insert({ id, botId, createdAt, ...rest }: SlackChannel): Promise<void> {
      const row = { id, bot_id: botId, created_at: createdAt, ...toRow(rest) };
      await table().insert(row).onConflict('bot_id').ignore();
    },
    /** Only what is given. */
    async update({ id, ...changes }: Partial<SlackChannel> & { id: string }): Promise<void> {
      await table().where({ id }).update(toRow(changes));
    },
    async noteError(id: string, lastError: string | null): Promise<void> {
      await table().where({ id }).update({ last_error: lastError });
    },
    async removeOf(botId: string): Promise<void> {
      await table().where({ bot_id: botId }).delete();
    },
  };
}

/** What is left out is undefined, which an update leaves as it is. */
const toRow = (channel: Partial<SlackChannel>) => ({
  api_url: channel.apiUrl,
  signing_secret: channel.signingSecret,
  bot_token: channel.botToken,
  team: channel.team,
  bot_user: channel.botUser,
  last_error: channel.lastError,
  updated_at: channel.updatedAt,
});

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): SlackChannel | null {
  if (!row) return null;
  return {
    id: row.id,
    botId: row.bot_id,
    apiUrl: row.api_url,
    signingSecret: row.signing_secret,
    botToken: row.bot_token,
    team: row.team,
    botUser: row.bot_user,
    lastError: row.last_error,
    createdAt: Number(row.created_at),
    updatedAt: Number(row.updated_at),
  };
}
