import { whoMayCall } from './access.js';
import { fuzzTheApi } from './fuzz.js';
import { type House, openHouse } from './house.js';

/** `npm run security`; a new seed each time, which the name of the test tells. */
const isLong = process.env.SECURITY === 'long';

describe('under attack', () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house?.close());
  const room = () => house;

  whoMayCall(room);
  fuzzTheApi(room, isLong ? { requests: 20_000, seed: Date.now() } : { requests: 300, seed: 6 });
});
