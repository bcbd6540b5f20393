import { givenArgs, tellParent, whenTold } from '../support/child.js';
import { hookbell } from './contestants/hookbell.js';
import { monotonic } from './monotonic.js';

export type Given = { url: string; store: string };
/** When (monotonic ms) the transaction of each event was begun, and when it was committed. */
export type Emitted = { asked: number; committed: number }[];

/** The product, in which something happens so many times a second. */
const { url, store } = givenArgs<Given>();
const product = await hookbell({ url, webhooks: 1, atOnce: 8, store });
await product.begin();

whenTold(
  async ({ perSecond, seconds }: { perSecond: number; seconds: number }) => {
    const began = monotonic();
    const events: Promise<Emitted[number]>[] = [];
    for (let n = 0; n < perSecond * seconds; n++) {
      // By the clock, however long the ones before take.
      const wait = began + (n * 1000) / perSecond - monotonic();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      events.push(emit(n));
    }
    tellParent(await Promise.all(events));
  },
  () => product.stop(),
);
tellParent({ isReady: true });

async function emit(number: number): Promise<Emitted[number]> {
  const asked = monotonic();
  await product.append(number);
  return { asked, committed: monotonic() };
}
