import { createHash } from 'node:crypto';
import type { Actor } from '../../accounts/actor.js';
import type { BotService } from '../../bots/service.js';
import type { Deps } from '../../deps.js';
import { NotFound, TooMany } from '../../errors.js';
import { rateLimits, waitOf } from '../../http/rateLimits.js';
import { unmasked } from '../secrets.js';
import type { SourceService } from '../service.js';
import { requireReachable, type Settings, validSettings } from '../settings.js';
import type { Preview } from './reading.js';
import type { PreviewRequest } from './schema.js';
import { previewThreads } from './threads.js';

const aMinute = 20;
/** How long (ms) it is remembered what a site leads to, and for how many users. */
const remembered = { time: 5 * 60_000, users: 20 };

type Parts = { bots: Pick<BotService, 'seenBy'>; sources: Pick<SourceService, 'toRead'> };
type Seen = { of: string; preview: Preview; at: number };

export type PreviewService = ReturnType<typeof previewService>;

/** What a data source would have, before it is created or saved. Nothing is stored. */
export function previewService(
  deps: Pick<Deps, 'db' | 'guard' | 'log' | 'version'>,
  { bots, sources }: Parts,
) {
  const rate = rateLimits(deps.db)({ name: 'preview', points: aMinute, duration: 60, isStrict: true });
  const threads = previewThreads(deps);
  const latest = new Map<string, Seen>();

  function remember(userId: string, seen: Seen): void {
    latest.delete(userId);
    latest.set(userId, seen);
    if (latest.size > remembered.users) latest.delete(latest.keys().next().value!);
  }

  /** The latest preview by other globs, if nothing else is asked for: then the site is not asked again. */
  async function matchedAnew(seen: Seen | undefined, of: string, settings: Settings, at: number) {
    if (seen?.of !== of || at - seen.at > remembered.time || !seen.preview.addresses) return null;
    const { include, exclude } = settings as { include?: string[]; exclude?: string[] };
    const addresses = await threads.match(seen.preview.addresses, { include, exclude });
    const left = new Set(addresses.filter(({ kind }) => kind !== 'wanted').map(({ address }) => address));
    const rows = seen.preview.rows.filter(({ url }) => !left.has(url ?? ''));
    return { ...seen.preview, rows, addresses };
  }

  return {
    /**
     * Throws `Invalid` for a config that a source could not have, `TooMany` for one preview too many. With
     * `isRepeated`, what was read a moment ago will do.
     */
    async show(
      botId: string,
      { type, config, dataSourceId }: PreviewRequest,
      actor: Actor & { id: string },
      at: number,
      { isRepeated = false } = {},
    ): Promise<Preview> {
      const bot = await bots.seenBy(actor, botId);
      const stored = dataSourceId === undefined ? null : await sources.toRead(dataSourceId);
      if (dataSourceId !== undefined && (stored?.botId !== bot.id || stored.type !== type))
        throw new NotFound('Data source');
      const settings = validSettings(type, unmasked(config, stored?.config ?? {}));
      await requireReachable(deps, settings);
      const { include, exclude, ...rest } = settings;
      const of = digest([type, rest, dataSourceId]);
      const again = isRepeated ? await matchedAnew(latest.get(actor.id), of, settings, at) : null;
      if (again) return again;
      const wait = await waitOf(rate, actor.id);
      if (wait !== null)
        throw new TooMany(
          `More than ${aMinute} previews a minute: try again in ${Math.ceil(wait / 1000)} s`,
          wait / 1000,
        );
      const preview = await threads.read({
        type,
        config: settings,
        files: stored?.files ?? [],
        rules: deps.guard.rules(),
        agent: `Hookbell/${deps.version}`,
      });
      remember(actor.id, { of, preview, at });
      return preview;
    },

    stop: threads.stop,
  };
}

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
