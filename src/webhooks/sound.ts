import type { Deps } from '../deps.js';
import { Conflict, Invalid } from '../errors.js';
import { inOneSentence } from '../net/guard.js';
import type { WebhookChanges } from './schema.js';
import type { Webhook } from './store.js';

type Parts = {
  guard: Deps['guard'];
  sources: { find: (id: string) => Promise<{ botId: string } | null> };
};

/** Throws `Invalid` where the fields of a webhook do not go together, or its target may not be reached. */
export async function requireSound({ guard, sources }: Parts, webhook: Webhook): Promise<void> {
  const { type, dataSourceId, targetUrl, botId } = webhook;
  const isTrigger = type === 'sync.trigger';
  if (isTrigger && !dataSourceId) refuse('dataSourceId', 'Choose the data source that the trigger syncs');
  if (isTrigger && targetUrl) refuse('targetUrl', 'A trigger is called by others and has no target URL');
  if (!isTrigger && !targetUrl) refuse('targetUrl', 'Say where the events are sent');
  if (dataSourceId && !type.startsWith('sync.'))
    refuse('dataSourceId', 'Only sync webhooks have a data source');
  if (dataSourceId && (await sources.find(dataSourceId))?.botId !== botId) {
    refuse('dataSourceId', 'This bot has no such data source');
  }
  const refusal = targetUrl ? await guard.resolve(targetUrl) : null;
  if (refusal) refuse('targetUrl', inOneSentence(refusal));
}

const ofSending = ['headers', 'requestsPerSecond', 'concurrency', 'timeoutSeconds', 'inOrder'] as const;

/** Throws `Invalid` where a trigger is told how to send. */
export function requireFieldsOf(type: Webhook['type'], given: WebhookChanges): void {
  if (type !== 'sync.trigger') return;
  const field = ofSending.find((name) => given[name] !== undefined && given[name] !== null);
  if (field) refuse(field, 'A trigger is called by others: nothing is sent from it');
}

export function requireOutgoing({ type }: Pick<Webhook, 'type'>): void {
  if (type === 'sync.trigger') throw new Conflict('A trigger is called by others: nothing is sent from it');
}

export function refuse(path: string, message: string): never {
  throw new Invalid([{ path, message }]);
}
