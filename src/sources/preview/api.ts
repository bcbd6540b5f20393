import { z } from 'zod';
import { type Endpoint, endpoint } from '../../api/endpoint.js';
import type { Preview } from './reading.js';
import { previewAnswer, previewRequest } from './schema.js';
import type { PreviewService } from './service.js';

const mostAddresses = 200;

const show = ({ rows, problems, remarks, reason, ...preview }: Preview): z.input<typeof previewAnswer> => ({
  rows,
  problems,
  remarks,
  rowsRead: preview.read,
  rowsExpected: preview.expected,
  complete: preview.isWhole,
  reason,
  addresses: preview.addresses && {
    matched: preview.addresses.filter(({ kind }) => kind === 'wanted').length,
    leftOut: preview.addresses.filter(({ kind }) => kind !== 'wanted').length,
    data: preview.addresses
      .slice(0, mostAddresses)
      .map(({ address, kind, why }) => ({ address, matches: kind === 'wanted', why })),
  },
});

export function previewEndpoints(previews: PreviewService): Endpoint[] {
  return [
    endpoint({
      method: 'post',
      path: '/bots/{id}/data-sources/preview',
      summary: 'Read the first rows that a data source would have, and store nothing',
      access: 'admin',
      tag: 'Data sources',
      params: z.object({ id: z.string() }),
      body: previewRequest,
      answers: {
        200: {
          description: 'What was read; where that is nothing, “reason” says why',
          schema: previewAnswer,
        },
      },
      run: async ({ params, body, user, at }) => ({
        status: 200,
        body: show(await previews.show(params.id, body, user, at)),
      }),
    }),
  ];
}
