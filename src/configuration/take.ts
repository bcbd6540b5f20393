import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import type { Vault } from '../vault.js';
import { attempts } from './attempts.js';
import { takeBot } from './bots.js';
import { takeChannel } from './channels.js';
import type { Step } from './difference.js';
import type { BotEntry, ConfigurationFile, SecretsById } from './file.js';
import { type Match, matched } from './matching.js';
import { type FreshApi, takeSlack } from './slack.js';
import { type Fresh, takeSource } from './sources.js';
import { idsInUse, idsOfChannels, type StoredBot, storedBots } from './stored.js';
import { type FreshTarget, takeWebhook } from './webhooks.js';
import type { ServicesWithin } from './within.js';

/** A file with its secrets opened. */
export type Opened = { file: ConfigurationFile; secrets: SecretsById };

export type Taken = {
  steps: Step[];
  /** What names an address that was not here before. */
  fresh: { configs: Fresh[]; targets: FreshTarget[]; apis: FreshApi[] };
};

/**
 * Brings what is stored to what a file says, within a transaction; nothing is deleted. Throws `Invalid` with all that
 * is wrong with the file, each with its path.
 */
export async function take(
  tx: Knex.Transaction,
  vault: Vault,
  services: ServicesWithin,
  { file, secrets }: Opened,
  actor: Actor,
  at: number,
): Promise<Taken> {
  const stored = await storedBots(tx, vault);
  const used = {
    bots: await idsInUse(tx, 'bots'),
    sources: await idsInUse(tx, 'data_sources'),
    webhooks: await idsInUse(tx, 'webhooks'),
    channels: await idsOfChannels(tx),
  };
  const taken: Taken = { steps: [], fresh: { configs: [], targets: [], apis: [] } };
  const tried = attempts();
  const secretsOf = (id: string | undefined) => (id && secrets[id]) || {};

  const ways = {
    path: 'bots',
    nameOf: ({ name }: { name: string }) => `the bot “${name}”`,
    nameOfStored: ({ name }: { name: string }) => `the bot “${name}”`,
    inUse: used.bots,
  };
  for (const match of matched(file.bots, stored, ways)) await takeAll(match);
  tried.end();
  return taken;

  async function takeAll(match: Match<BotEntry, StoredBot>): Promise<void> {
    const step = await tried.at(match.path, () => takeBot(match, services, actor, at));
    if (!step) return;
    taken.steps.push(step);
    const bot = { id: match.id, name: step.name };
    const sources = await tried.at('', () => takeSources(match, bot));
    if (sources) await tried.at('', () => takeWebhooks(match, { ...bot, sources }));
    await tried.at('', () => takeChannels(match, bot));
    await takeConnection(match, bot);
  }

  /** The data sources of the bot as they are then; null where one was refused, so that its webhooks are not. */
  async function takeSources(
    { entry, path, stored }: Match<BotEntry, StoredBot>,
    bot: { id: string; name: string },
  ) {
    const own = stored?.sources ?? [];
    const nameOf = ({ name }: { name: string }) => `the data source “${name}”`;
    const ways = { path: `${path}.dataSources`, nameOf, nameOfStored: nameOf, inUse: used.sources };
    const matches = matched(entry.dataSources, own, ways);
    let isWhole = true;
    for (const match of matches) {
      const done = await tried.at(match.path, () =>
        takeSource(match, secretsOf(match.entry.id), bot, services, actor, at),
      );
      if (!done) isWhole = false;
      else {
        taken.steps.push(done.step);
        taken.fresh.configs.push(...done.fresh);
      }
    }
    const names = new Map(own.map(({ id, name }) => [id, name]));
    for (const { id, entry } of matches) names.set(id, entry.name);
    return isWhole ? [...names].map(([id, name]) => ({ id, name })) : null;
  }

  async function takeWebhooks(
    { entry, path, stored }: Match<BotEntry, StoredBot>,
    bot: { id: string; name: string; sources: { id: string; name: string }[] },
  ) {
    const named = (id: string | null | undefined) =>
      bot.sources.find((source) => source.id === id)?.name ?? id;
    const called = (type: string, source: string | null | undefined, target: string | null | undefined) =>
      `${type}${source ? ` of “${source}”` : ''}${target ? ` to ${target}` : ''}`;
    const matches = matched(entry.webhooks, stored?.webhooks ?? [], {
      path: `${path}.webhooks`,
      nameOf: (one) => called(one.type, named(one.dataSource), one.targetUrl),
      nameOfStored: (one) => called(one.type, named(one.dataSourceId), one.targetUrl),
      inUse: used.webhooks,
    });
    for (const match of matches) {
      const done = await tried.at(match.path, () =>
        takeWebhook(match, secretsOf(match.entry.id), bot, services, actor, at),
      );
      if (!done) continue;
      taken.steps.push(done.step);
      taken.fresh.targets.push(...done.fresh);
    }
  }

  async function takeChannels(
    { entry, path, stored }: Match<BotEntry, StoredBot>,
    bot: { id: string; name: string },
  ) {
    const nameOf = ({ name }: { name: string }) => `the API channel “${name}”`;
    const ways = { path: `${path}.channels`, nameOf, nameOfStored: nameOf, inUse: used.channels };
    for (const match of matched(entry.channels, stored?.channels ?? [], ways)) {
      const step = await tried.at(match.path, () =>
        takeChannel(match, secretsOf(match.entry.id), bot, services, actor, at),
      );
      if (step) taken.steps.push(step);
    }
  }

  async function takeConnection(
    { entry: { slack: entry }, path, stored }: Match<BotEntry, StoredBot>,
    bot: { id: string; name: string },
  ) {
    if (!entry) return;
    const own = { entry, path: `${path}.slack`, stored: stored?.slack ?? null };
    const done = await tried.at(own.path, () =>
      takeSlack(own, secretsOf(entry.id), bot, services, actor, at),
    );
    if (!done) return;
    taken.steps.push(done.step);
    taken.fresh.apis.push(...done.fresh);
  }
}
