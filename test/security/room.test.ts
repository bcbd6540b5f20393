import { whoMayCall } from './access.js';
import { type House, openHouse } from './house.js';

describe('under attack', () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house?.close());
  const room = () => house;

  whoMayCall(room);
});
