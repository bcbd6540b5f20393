import { z } from 'zod';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso } from '../api/paging.js';
import type { Deps } from '../deps.js';
import { showSync } from '../syncs/api.js';
import { syncAnswer } from '../syncs/schema.js';
import type { StoredFile } from './fileStore.js';
import type { FileService, Upload } from './files.js';
import { fileAnswer } from './schema.js';
import { receiveFiles } from './uploads.js';

const id = z.object({ id: z.string() });
const tag = 'Data sources';

const show = ({ id, name, bytes, createdAt }: StoredFile) => ({ id, name, bytes, createdAt: iso(createdAt) });

export function fileEndpoints({ config }: Pick<Deps, 'config'>, files: FileService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/data-sources/{id}/files',
      summary: 'List the uploaded files of a data source, by name',
      access: 'user',
      tag,
      params: id,
      answers: { 200: { description: 'The files', schema: z.object({ data: z.array(fileAnswer) }) } },
      run: async ({ params, user }) => ({
        status: 200,
        body: { data: (await files.listOf(user, params.id)).map(show) },
      }),
    }),
    endpoint({
      method: 'post',
      path: '/data-sources/{id}/files',
      summary: 'Upload files, at most 50 MB each; one of the same name is replaced, and the source is synced',
      access: 'admin',
      tag,
      params: id,
      upload: receiveFiles(config),
      answers: {
        201: {
          description: 'The new files, and the sync that reads them',
          schema: z.object({ data: z.array(fileAnswer), sync: syncAnswer.nullable() }),
        },
      },
      run: async ({ params, user, at, req }) => {
        const uploads = (req.files ?? []) as Upload[];
        const added = await files.add(params.id, uploads, user, at, 'api');
        return {
          status: 201,
          body: { data: added.files.map(show), sync: added.sync && showSync(added.sync) },
        };
      },
    }),
    endpoint({
      method: 'delete',
      path: '/data-sources/{id}/files/{fileId}',
      summary: 'Delete an uploaded file, and with the next sync its rows',
      access: 'admin',
      tag,
      params: id.extend({ fileId: z.string() }),
      answers: { 204: { description: 'Deleted' } },
      run: async ({ params, user, at }) => {
        await files.remove(params.id, params.fileId, user, at, 'api');
        return { status: 204 };
      },
    }),
  ];
}
