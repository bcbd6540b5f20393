import type { Replay } from './store.js';

const number = new Intl.NumberFormat('en');
const deliveries = (count: number) => `${number.format(count)} ${count === 1 ? 'delivery' : 'deliveries'}`;

/** What people are told when they have started or cancelled replays. */
export const inWords = {
  begun: (count: number) =>
    count === 0 ? 'There was nothing to replay.' : `Replaying ${deliveries(count)}, with the ids they have.`,
  cancelled: ({ done, total }: Replay) =>
    `Cancelled: ${number.format(done)} of ${deliveries(total)} went back on the schedule, all else is as it was.`,
};
