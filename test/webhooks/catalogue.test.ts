import { expect } from 'chai';
import { eventTypes } from '../../src/webhooks/catalogue.js';

describe('the catalogue of events', () => {
  for (const { type, schema, example } of eventTypes) {
    it(`has an example of ${type} that its own schema accepts`, () => {
      expect(schema.safeParse(example).error).to.equal(undefined);
    });
  }
});
