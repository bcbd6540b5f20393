import type { ReceivedRequest } from './requests.js';
import type { ReceiverService } from './service.js';
import { shown } from './shown.js';

type Known = Pick<ReceiverService, 'nextAttempts' | 'headersOf'>;

/** Requests as pages show them, each delivery with the time of its next attempt at its latest request. */
export async function requestsShown(receivers: Known, rows: ReceivedRequest[], now: number) {
  const ids = new Set(rows.flatMap(({ messageId }) => messageId ?? []));
  const next = await receivers.nextAttempts([...ids]);
  return rows.map((row) => {
    // The latest request of a delivery says when it is sent again.
    const isLatest = row.messageId !== null && ids.delete(row.messageId);
    return shown(row, receivers.headersOf(row), (isLatest && next.get(row.messageId!)) || null, now);
  });
}
