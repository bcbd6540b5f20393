import type { Request } from 'express';
import { type Endpoint, endpoint } from '../api/endpoint.js';
import { iso } from '../api/paging.js';
import { askedFor, cursorAfter, pollAnswer, pollQuery } from './schema.js';
import type { EventService } from './service.js';
import type { BotEvent } from './store.js';

const show = ({ seq, type, botId, createdAt, body }: BotEvent) => ({
  id: `evt_${seq}`,
  type,
  botId,
  createdAt: iso(createdAt),
  payload: JSON.parse(body),
});

export function eventEndpoints(events: EventService): Endpoint[] {
  return [
    endpoint({
      method: 'get',
      path: '/events',
      summary: 'Read what happened, oldest first, for receivers that poll',
      access: 'user',
      tag: 'Events',
      query: pollQuery,
      refusals: [404],
      answers: { 200: { description: 'The next events, none of which comes twice', schema: pollAnswer } },
      run: async ({ query, user, req }) => {
        const { botId = null, limit, wait } = query;
        const asked = { botId, limit, ...askedFor(query) };
        const found =
          wait > 0 ? await events.await(user, asked, patience(req, wait)) : await events.poll(user, asked);
        return { status: 200, body: { data: found.events.map(show), nextCursor: cursorAfter(found.next) } };
      },
    }),
  ];
}

/** Ends after `seconds`, or when the caller hangs up. */
function patience({ res }: Request, seconds: number): AbortSignal {
  const gone = new AbortController();
  res!.once('close', () => gone.abort());
  return AbortSignal.any([gone.signal, AbortSignal.timeout(seconds * 1000)]);
}
