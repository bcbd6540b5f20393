import type { Notices } from '../databases/notices.js';
import type { Courier } from './courier.js';

/** The couriers of all processes on a database: whichever sends to a webhook is told. */
export type Couriers = Pick<Courier, 'wake' | 'hold'>;

export function couriers(
  own: Pick<Courier, 'wake' | 'hold' | 'serves'>,
  notices: Pick<Notices, 'tell' | 'hear'>,
): Couriers {
  const othersHave = new Set<string>();

  function tellOthers(): void {
    notices.tell('deliveries', { webhookIds: [...othersHave] });
    othersHave.clear();
  }

  notices.hear('deliveries', ({ webhookIds }: { webhookIds: string[] }) => own.wake(webhookIds));
  notices.hear('hold', ({ webhookId }: { webhookId: string }) => own.hold(webhookId));

  return {
    wake(webhookIds = []) {
      const ids = [...webhookIds];
      own.wake(ids);
      for (const id of ids.filter((one) => !own.serves(one))) {
        // The rest of this turn of the event loop may bring more for the same notice.
        if (othersHave.size === 0) setImmediate(tellOthers);
        othersHave.add(id);
      }
    },

    hold(webhookId) {
      own.hold(webhookId);
      notices.tell('hold', { webhookId });
    },
  };
}
