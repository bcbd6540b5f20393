import type { Actor } from '../accounts/actor.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import type { ReceiverService } from '../receivers/service.js';
import { receiverStore } from '../receivers/store.js';
import { newSource } from '../sources/schema.js';
import type { SourceService } from '../sources/service.js';
import { newWebhook } from '../webhooks/schema.js';
import type { WebhookService } from '../webhooks/service.js';
import { sampleBot, sampleEntries, sampleSource } from './sampleShop.js';
import { homeSettings, type Sample } from './settings.js';

type Parts = {
  bots: BotService;
  sources: SourceService;
  webhooks: WebhookService;
  receivers: ReceiverService;
};

export type SampleService = ReturnType<typeof sampleService>;

/** A bot of a made-up shop, whose trigger and webhook lead to a test receiver: to see it all work in a minute. */
export function sampleService(
  { db, reader }: Pick<Deps, 'db' | 'reader'>,
  { bots, sources, webhooks, receivers }: Parts,
) {
  const isOf = async (botId: string) => {
    const sample = await homeSettings(reader).sample();
    return sample?.botId === botId ? sample : null;
  };

  bots.owns({
    describe: async (botId) =>
      (await isOf(botId)) ? 'The test receiver of the sample, with all it got' : null,
    async remove(tx, botId) {
      const sample = await homeSettings(tx).sample();
      if (sample?.botId !== botId) return;
      await receiverStore(tx).remove(sample.receiverId);
      await homeSettings(tx).forgetSample();
    },
  });

  async function furnish(botId: string, receiverId: string, actor: Actor, at: number): Promise<Sample> {
    const receiver = await receivers.seenBy(actor, receiverId);
    const hook = newWebhook.parse({ type: 'sync.success', targetUrl: receivers.urlOf(receiver) });
    // Before there is something to sync: it hears the first sync, too.
    const { webhook } = await webhooks.create(botId, hook, actor, at);
    const texts = newSource.parse({ name: sampleSource, type: 'text', config: { entries: sampleEntries } });
    const source = await sources.create(botId, texts, actor, at);
    const call = newWebhook.parse({ type: 'sync.trigger', dataSourceId: source.id });
    const { webhook: trigger } = await webhooks.create(botId, call, actor, at);
    return { botId, sourceId: source.id, triggerId: trigger.id, webhookId: webhook.id, receiverId };
  }

  return {
    find: (): Promise<Sample | null> => homeSettings(reader).sample(),

    /** Makes it, unless there is one. Throws `Invalid` where no delivery can reach this server's own receivers. */
    async make(actor: Actor, at: number): Promise<void> {
      if (await homeSettings(reader).sample()) return;
      const receiver = await receivers.create(actor, at);
      const bot = await bots.create(sampleBot, actor, at);
      let isKept = false;
      try {
        isKept = await homeSettings(db).keepSample(await furnish(bot.id, receiver.id, actor, at));
      } finally {
        // Refused, or somebody else made one in the same moment.
        if (!isKept) {
          await bots.remove(bot.id, actor, at);
          await receivers.remove(receiver.id, actor, at);
        }
      }
    },
  };
}
