import type { Knex } from 'knex';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Window } from '../api/paging.js';
import type { BotService } from '../bots/service.js';
import type { Deps } from '../deps.js';
import { Conflict, Invalid, NotFound } from '../errors.js';
import type { Trigger } from '../syncs/schema.js';
import type { SyncService } from '../syncs/service.js';
import type { Sync } from '../syncs/store.js';
import { sourcesOfBot } from './belonging.js';
import type { Memo, UploadedFile } from './connectors/connector.js';
import { fileStore, folders } from './fileStore.js';
import { nextAt } from './schedule.js';
import { type NewSource, type SourceChanges, type SourceStatus, usualMaxFailedPercent } from './schema.js';
import { masked, unmasked } from './secrets.js';
import { requireReachable, type Settings, validSettings } from './settings.js';
import { type StoredSource, sourceStore } from './store.js';
import { takesFiles } from './uploads.js';

/** A data source as people see it: secrets in `config` are masked. */
export type Source = Omit<StoredSource, 'config' | 'memo' | 'visible'> & {
  config: Settings;
  status: SourceStatus;
  lastSync: Sync | null;
};

/** A data source as a sync reads it, secrets and all. */
export type SourceToRead = Pick<
  StoredSource,
  'id' | 'botId' | 'type' | 'visible' | 'rows' | 'documents' | 'tokens' | 'maxFailedPercent'
> & {
  config: Settings;
  files: UploadedFile[];
  /** It is made of uploads, and there are none. */
  isEmpty: boolean;
  memo: Memo | null;
};

/** What became of asking for all of a bot's sources. */
export type SyncedAll = {
  queued: { name: string; sync: Sync }[];
  skipped: { id: string; name: string; why: string }[];
};

type Parts = { bots: Pick<BotService, 'seenBy' | 'owns'>; syncs: SyncService };

export type SourceService = ReturnType<typeof sourceService>;

export function sourceService(
  deps: Pick<Deps, 'config' | 'db' | 'reader' | 'vault' | 'guard'>,
  { bots, syncs }: Parts,
) {
  const { config, db, reader, vault } = deps;

  const seal = (settings: Settings) => vault.seal(JSON.stringify(settings));
  const open = (source: StoredSource): Settings => JSON.parse(vault.open(source.config));

  async function shown(stored: StoredSource[]): Promise<Source[]> {
    const states = await syncs.statesOf(stored.map(({ id }) => id));
    return stored.map((source) => {
      const { memo, visible, ...rest } = source;
      const { last = null, isRunning = false } = states.get(source.id) ?? {};
      return { ...rest, config: masked(open(source)), status: statusOf(last, isRunning), lastSync: last };
    });
  }

  async function found(id: string, connection: Knex = reader): Promise<StoredSource> {
    const source = await sourceStore(connection).find(id);
    if (!source) throw new NotFound('Data source');
    return source;
  }

  /** Throws `NotFound`, or `Forbidden` for an agent whom its bot was not given to. */
  async function seenBy(actor: Actor, id: string): Promise<Source> {
    const source = await found(id);
    await bots.seenBy(actor, source.botId);
    const [own] = await shown([source]);
    return own!;
  }

  async function lacksFiles(
    connection: Knex,
    { id, type }: StoredSource,
    settings: Settings,
  ): Promise<boolean> {
    return takesFiles(type) && !settings.url && (await fileStore(connection).count(id)) === 0;
  }

  async function whyNot(connection: Knex, source: StoredSource): Promise<string | null> {
    if (!source.enabled) return 'it is disabled';
    return (await lacksFiles(connection, source, open(source))) ? 'no file has been uploaded yet' : null;
  }

  bots.owns(sourcesOfBot(deps, syncs));

  return {
    seenBy,

    /** Newest first. */
    listOf: async (botId: string, window: Window) => shown(await sourceStore(reader).listOf(botId, window)),
    namesOf: (botId: string) => sourceStore(reader).namesOf(botId),
    find: (id: string) => sourceStore(reader).find(id),
    /** What a bot's sources (or with null, all there are) hold together. */
    usage: (botId: string | null) => sourceStore(reader).usage(botId),

    /** Makes a data source and asks for its first sync, unless it waits for files. */
    async create(
      botId: string,
      input: NewSource,
      actor: Actor,
      at: number,
      trigger: Trigger = 'manual',
      id = uuid(),
    ): Promise<Source> {
      const bot = await bots.seenBy(actor, botId);
      const settings = input.config as Settings;
      await requireReachable(deps, settings);
      const source: StoredSource = {
        id,
        botId: bot.id,
        name: input.name,
        type: input.type,
        config: seal(settings),
        schedule: input.schedule,
        enabled: input.enabled,
        nextSyncAt: scheduled(input, at),
        maxFailedPercent: input.maxFailedPercent ?? usualMaxFailedPercent,
        visible: 0,
        memo: null,
        rows: 0,
        documents: 0,
        tokens: 0,
        createdAt: at,
        updatedAt: at,
      };
      await db.transaction(async (tx) => {
        await sourceStore(tx).insert(source);
        const details = { type: source.type, bot: bot.name };
        const entry = { action: 'data-source.created', subject: source.name, subjectId: source.id, details };
        await auditLog(tx).record(actor, entry, at);
        if (source.enabled && !(await lacksFiles(tx, source, settings)))
          await syncs.enqueueWithin(tx, source.id, trigger, {}, at);
      });
      return seenBy(actor, source.id);
    },

    /** Changes it; with another config it is synced again. */
    async change(
      id: string,
      { type, config: given, ...changes }: SourceChanges,
      actor: Actor,
      at: number,
      trigger: Trigger = 'manual',
    ): Promise<Source> {
      const before = await seenBy(actor, id);
      if (type !== undefined && type !== before.type)
        throw new Invalid([
          { path: 'type', message: `Cannot be changed: make a new data source of type ${type}` },
        ]);
      const settings = given && validSettings(before.type, unmasked(given, open(await found(id))));
      if (settings) await requireReachable(deps, settings);
      const fields = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      await db.transaction(async (tx) => {
        const stored = await found(id, tx);
        const isOther = settings !== undefined && JSON.stringify(settings) !== JSON.stringify(open(stored));
        const after: StoredSource = { ...stored, ...fields, updatedAt: at };
        if (isOther) after.config = seal(settings);
        if (after.schedule !== stored.schedule || after.enabled !== stored.enabled)
          after.nextSyncAt = scheduled(after, at);
        await sourceStore(tx).update(after);
        const details = { fields: [...Object.keys(fields), ...(isOther ? ['config'] : [])] };
        const entry = { action: 'data-source.changed', subject: after.name, subjectId: id, details };
        await auditLog(tx).record(actor, entry, at);
        if (isOther && after.enabled && !(await lacksFiles(tx, after, settings)))
          await syncs.enqueueWithin(tx, id, trigger, {}, at);
      });
      return seenBy(actor, id);
    },

    /** Hides it at once, with all that could be searched; `purge` removes what belonged to it. */
    async remove(id: string, actor: Actor, at: number): Promise<void> {
      const source = await seenBy(actor, id);
      await db.transaction(async (tx) => {
        await sourceStore(tx).markDeleted(id, at);
        await syncs.drop(tx, id);
        const entry = { action: 'data-source.deleted', subject: source.name, subjectId: id };
        await auditLog(tx).record(actor, entry, at);
      });
    },

    /** Asks for a sync. Throws `Conflict` for a source that is disabled. */
    async sync(
      id: string,
      trigger: Trigger,
      { force }: { force: boolean },
      actor: Actor,
      at: number,
    ): Promise<Sync> {
      const source = await seenBy(actor, id);
      if (!source.enabled) throw new Conflict('This data source is disabled: enable it first');
      return syncs.enqueue(id, trigger, { force }, at);
    },

    /** Asks for a sync of each source of a bot, by name; of those that cannot be synced now it says why. */
    async syncAll(botId: string, trigger: Trigger, actor: Actor, at: number): Promise<SyncedAll> {
      const bot = await bots.seenBy(actor, botId);
      return db.transaction(async (tx) => {
        const asked: SyncedAll = { queued: [], skipped: [] };
        for (const source of await sourceStore(tx).allOf(bot.id)) {
          const { id, name } = source;
          const why = await whyNot(tx, source);
          if (why) asked.skipped.push({ id, name, why });
          else asked.queued.push({ name, sync: await syncs.enqueueWithin(tx, id, trigger, {}, at) });
        }
        return asked;
      });
    },

    /** Asks for the syncs that are due; each once, of however many processes look. */
    async syncDue(at: number): Promise<void> {
      for (const source of await sourceStore(db).due(at)) {
        const next = source.schedule && nextAt(source.schedule, source.nextSyncAt!, at);
        await db.transaction(async (tx) => {
          if (await sourceStore(tx).moveOn(source, next || null))
            await syncs.enqueueWithin(tx, source.id, 'schedule', {}, at);
        });
      }
    },

    async toRead(id: string): Promise<SourceToRead | null> {
      const source = await sourceStore(reader).find(id);
      if (!source) return null;
      const settings = open(source);
      const files = (await fileStore(reader).listOf(id)).map((file) => ({
        name: file.name,
        path: folders(config).path(file),
        bytes: file.bytes,
      }));
      const isEmpty = takesFiles(source.type) && !settings.url && files.length === 0;
      return {
        ...source,
        config: settings,
        files,
        isEmpty,
        memo: source.memo === null ? null : JSON.parse(source.memo),
      };
    },
  };
}

function scheduled(
  { schedule, enabled }: Pick<StoredSource, 'schedule' | 'enabled'>,
  at: number,
): number | null {
  return enabled && schedule ? nextAt(schedule, at, at) : null;
}

function statusOf(last: Sync | null, isRunning: boolean): SourceStatus {
  if (isRunning) return 'syncing';
  if (last === null) return 'new';
  return last.status === 'queued' ? 'queued' : last.status === 'succeeded' ? 'synced' : 'failed';
}
