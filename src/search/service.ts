import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import { besideName, nameOf } from '../conversations/shown.js';
import type { Conversation } from '../conversations/store.js';
import type { Deps } from '../deps.js';
import { tokenOf } from '../receivers/address.js';
import { cards } from '../webhooks/cards.js';
import { type NamedWebhook, named } from './named.js';
import { placesFor } from './places.js';
import { conversationsOf } from './visitors.js';
import { rank, wordsOf } from './words.js';

export type Hit = { title: string; about: string; href: string; icon: string };
/** What was found of one kind, the best first; `isMore`: there is more than is shown. */
export type Group = { name: string; hits: Hit[]; isMore: boolean };

export type SearchService = ReturnType<typeof searchService>;

const shown = 8;

/** Finds what this user may see by its name. What fits nothing is no group. */
export function searchService({ config, reader }: Pick<Deps, 'config' | 'reader'>) {
  return {
    async find(actor: Actor, typed: string): Promise<Group[]> {
      const words = wordsOf(typed);
      const places = { name: 'Pages', hits: placesFor(actor, words), isMore: false };
      if (words.length === 0) return [places];
      const agentId = actor.role === 'admin' ? null : actor.id;
      const all = named(reader, agentId);
      const [bots, sources, webhooks, receivers, conversations] = await Promise.all([
        all.bots(words),
        all.sources(words),
        all.webhooks(words),
        all.receivers(words),
        conversationsOf(reader, agentId, typed, shown + 1),
      ]);
      const groups = [
        groupOf(
          'Bots',
          bots.map(({ id, name }) => ({ title: name, about: 'Bot', href: `/app/bots/${id}`, icon: 'robot' })),
          typed,
        ),
        groupOf(
          'Data sources',
          sources.map(({ id, name, botName }) => ({
            title: name,
            about: `Data source of ${botName}`,
            href: `/app/data-sources/${id}`,
            icon: 'database',
          })),
          typed,
        ),
        groupOf(
          'Webhooks',
          webhooks.map((webhook) => webhookHit(webhook, config.publicUrl)),
          typed,
        ),
        groupOf(
          'Test receivers',
          receivers.map(({ id, name, maker }) => ({
            title: name,
            about: `Test receiver, made by ${maker ?? 'a removed user'}`,
            href: `/app/receivers/${id}`,
            icon: 'flask',
          })),
          typed,
        ),
        groupOf('Conversations', conversations.map(conversationHit), ''),
        places,
      ];
      return [groupOf('Deliveries', await deliveryHits(reader, actor, typed.trim()), ''), ...groups].filter(
        ({ hits }) => hits.length > 0,
      );
    },
  };
}

/** In the order of their names' fit; with nothing typed, as they come. */
function groupOf(name: string, hits: Hit[], typed: string): Group {
  const ordered = typed
    ? hits
        .map((hit, at) => ({ hit, at, rank: rank(hit.title, typed) }))
        .sort((one, other) => one.rank - other.rank || one.at - other.at)
        .map(({ hit }) => hit)
    : hits;
  return { name, hits: ordered.slice(0, shown), isMore: hits.length > shown };
}

function webhookHit(webhook: NamedWebhook, publicUrl: string): Hit {
  const card = cards.find(({ type }) => type === webhook.type);
  const target =
    webhook.targetUrl && (tokenOf(publicUrl, webhook.targetUrl) ? 'a test receiver' : webhook.targetUrl);
  const what = target ? `sends to ${target}` : `syncs ${webhook.sourceName ?? 'a data source'}`;
  return {
    title: card?.title ?? webhook.type,
    about: `Webhook of ${webhook.botName}, ${what}`,
    href: `/app/webhooks/${webhook.id}`,
    icon: card?.icon ?? 'webhook',
  };
}

function conversationHit(conversation: Conversation): Hit {
  const { id, botName, state, createdAt } = conversation;
  return {
    title: [nameOf(conversation), besideName(conversation)].filter(Boolean).join(', '),
    about: `Conversation with ${botName}, ${stateWords[state]}, begun ${day.format(createdAt)}`,
    href: `/app/conversations/${id}`,
    icon: 'messages',
  };
}

const stateWords = {
  Bot: 'answered by the bot',
  Escalated: 'waiting for a human',
  Active: 'with an agent',
  Resolved: 'handed back to the bot',
};

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** By the `webhook-id` that a receiver has logged. */
async function deliveryHits(reader: Knex, { role }: Actor, id: string): Promise<Hit[]> {
  if (role !== 'admin' || !id.startsWith('msg_')) return [];
  const row = await reader('deliveries').where({ id }).first('id');
  if (!row) return [];
  return [{ title: id, about: 'Delivery with this webhook-id', href: `/app/deliveries/${id}`, icon: 'send' }];
}
