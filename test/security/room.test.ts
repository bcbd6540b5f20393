import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { whoMayCall } from './access.js';
import { breakIns } from './breakIns.js';
import { floods } from './floods.js';
import { foreignPages } from './foreign.js';
import { fuzzTheApi } from './fuzz.js';
import { type House, openHouse } from './house.js';
import { leaks } from './leaks.js';
import { rebinding } from './rebinding.js';
import { storedScripts } from './scripts.js';

/** `npm run security`; a new seed each time, which the name of the test tells. */
const isLong = process.env.SECURITY === 'long';

describe('under attack', () => {
  let house: House;
  let browser: Browser;
  before(async () => {
    house = await openHouse();
  });
  after(() => house?.close());
  const room = () => house;

  whoMayCall(room);
  breakIns(room);
  rebinding({ rounds: isLong ? 500 : 10 });
  floods(room, isLong ? { sockets: 500, timed: true } : { sockets: 50, timed: false });

  describe('in a browser', () => {
    before(async function () {
      browser = await openBrowser(this);
    });
    after(() => browser?.close());
    foreignPages(room, () => browser);
    storedScripts(room, () => browser, { everyPage: isLong });
  });

  fuzzTheApi(room, isLong ? { requests: 20_000, seed: Date.now() % 1_000_000 } : { requests: 300, seed: 6 });
  leaks(room);
});
