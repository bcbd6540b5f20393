import { APIResponseError, isHTTPResponseError } from '@notionhq/client';
import { FetchError } from '../../../net/failure.js';
import { Refused } from '../../../net/guard.js';
import { mask } from '../../secrets.js';
import { SourceError } from '../connector.js';

/** One page or database cannot be read, which says nothing of the others. */
export class Unread extends SourceError {
  override name = 'Unread';
  /** `absent`: it is not there, or not for this integration. `server`: it may be another time. */
  readonly fault: 'absent' | 'refused' | 'server';

  constructor(fault: Unread['fault'], reason: string) {
    super(reason);
    this.fault = fault;
  }
}

export const notInTheseWords = ({ host }: URL) =>
  new SourceError(`${host} does not answer as Notion does: is its address the right one?`);

/** Puts what came instead of an answer into words; `what` was asked for, e.g. `the page 1f…`. */
export function explained(error: unknown, what: string, { base, token }: { base: URL; token: string }) {
  if (error instanceof FetchError && !(error.cause instanceof Refused))
    return new Unread('server', `${what} could not be read: ${error.message}`);
  // What the client could not parse.
  if (error instanceof SyntaxError) return notInTheseWords(base);
  if (!isHTTPResponseError(error)) return error;
  const { status } = error;
  if (status === 401)
    return new SourceError(
      'Notion does not know this token: copy it again from the page of the integration in Notion',
    );
  if (status === 429) return new SourceError('Notion goes on asking for fewer requests: sync again later');
  if (!APIResponseError.isAPIResponseError(error) && status < 500) return notInTheseWords(base);
  if (status === 404) return new Unread('absent', notShared(what));
  if (status === 403)
    return new Unread(
      'refused',
      `the integration may not read ${what}: allow it “Read content” among its capabilities in Notion`,
    );
  if (status < 500) {
    const said = error.message.replaceAll(token, mask).slice(0, 300);
    return new Unread('refused', `${what} cannot be read: Notion says “${said}”`);
  }
  return new Unread('server', `${what} could not be read: Notion answered ${status}`);
}

export const notShared = (what: string) =>
  `${what} is not shared with the integration: share it in Notion, in its menu under Connections`;
