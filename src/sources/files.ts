import { mkdir, rename, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../accounts/actor.js';
import { auditLog } from '../accounts/audit.js';
import type { Deps } from '../deps.js';
import { Conflict, Invalid, NotFound } from '../errors.js';
import type { Trigger } from '../syncs/schema.js';
import type { SyncService } from '../syncs/service.js';
import type { Sync } from '../syncs/store.js';
import { fileStore, folders, type StoredFile } from './fileStore.js';
import type { Source, SourceService } from './service.js';
import { requireReadable, takesFiles } from './uploads.js';

/** An upload as multer left it: what the sender calls it, and where it lies. */
export type Upload = { originalname: string; path: string; size: number };

export type FileService = ReturnType<typeof fileService>;

/** The uploaded files of data sources. */
export function fileService(
  { config, db, reader }: Pick<Deps, 'config' | 'db' | 'reader'>,
  { sources, syncs }: { sources: Pick<SourceService, 'seenBy'>; syncs: SyncService },
) {
  const { of: folderOf, path: pathOf } = folders(config);

  async function takingFiles(actor: Actor, id: string): Promise<Source> {
    const source = await sources.seenBy(actor, id);
    if (!takesFiles(source.type)) throw new Conflict(`A data source of type ${source.type} takes no files`);
    return source;
  }

  return {
    async listOf(actor: Actor, sourceId: string): Promise<StoredFile[]> {
      return fileStore(reader).listOf((await sources.seenBy(actor, sourceId)).id);
    },

    /** Takes uploads in and asks for a sync; one of the same name is replaced. Nothing is left of those it refuses. */
    async add(
      sourceId: string,
      uploads: Upload[],
      actor: Actor,
      at: number,
      trigger: Trigger = 'manual',
    ): Promise<{ files: StoredFile[]; sync: Sync | null }> {
      try {
        const source = await takingFiles(actor, sourceId);
        const files = uploads.map(({ originalname, size }) => fileOf(source.id, originalname, size, at));
        if (files.length === 0) throw new Invalid([{ path: 'file', message: 'Missing' }]);
        requireReadable(
          source.type,
          files.map(({ name }) => name),
        );
        await mkdir(folderOf(source.id), { recursive: true });
        for (const [index, file] of files.entries()) await rename(uploads[index]!.path, pathOf(file));
        return await keep(source, files);
      } catch (error) {
        for (const { path } of uploads) await rm(path, { force: true });
        throw error;
      }

      async function keep(source: Source, files: StoredFile[]) {
        const replaced: StoredFile[] = [];
        try {
          const sync = await db.transaction(async (tx) => {
            for (const file of files) {
              const old = await fileStore(tx).removeNamed(source.id, file.name);
              if (old) replaced.push(old);
              await fileStore(tx).insert(file);
            }
            const details = { files: files.map(({ name }) => name).slice(0, 20) };
            const entry = {
              action: 'data-source.files-added',
              subject: source.name,
              subjectId: source.id,
              details,
            };
            await auditLog(tx).record(actor, entry, at);
            return source.enabled ? syncs.enqueueWithin(tx, source.id, trigger, {}, at) : null;
          });
          for (const old of replaced) await rm(pathOf(old), { force: true });
          return { files: files.filter((file) => !replaced.includes(file)), sync };
        } catch (error) {
          for (const file of files) await rm(pathOf(file), { force: true });
          throw error;
        }
      }
    },

    /** Removes a file and asks for a sync that removes its rows, however many they are. */
    async remove(
      sourceId: string,
      id: string,
      actor: Actor,
      at: number,
      trigger: Trigger = 'manual',
    ): Promise<void> {
      const source = await takingFiles(actor, sourceId);
      const file = await fileStore(reader).find(source.id, id);
      if (!file) throw new NotFound('File');
      await db.transaction(async (tx) => {
        await fileStore(tx).remove(file.id);
        const entry = { action: 'data-source.file-removed', subject: source.name, subjectId: source.id };
        await auditLog(tx).record(actor, { ...entry, details: { file: file.name } }, at);
        if (source.enabled) await syncs.enqueueWithin(tx, source.id, trigger, { force: true }, at);
      });
      await rm(pathOf(file), { force: true });
    },
  };
}

function fileOf(sourceId: string, originalName: string, bytes: number, at: number): StoredFile {
  return { id: uuid(), sourceId, name: nameFrom(originalName), bytes, createdAt: at };
}

/** What people call it, without folders and characters that cannot be seen. */
function nameFrom(original: string): string {
  const name = basename(original.replaceAll('\\', '/')).normalize('NFC').toWellFormed();
  return (
    name
      .replace(/\p{Cc}/gu, '')
      .trim()
      .slice(-200) || 'file'
  );
}
