import { expect } from 'chai';
import { realAddress } from './addresses.js';
import type { House } from './house.js';
import { stated } from './routes.js';

/** What EJS and Express read among the values of a view, and what objects inherit from. */
const options = [
  'settings[view options][outputFunctionName]',
  'settings[view options][escapeFunction]',
  'settings[view options][client]',
  'settings[views]',
  'outputFunctionName',
  'localsName',
  'escapeFunction',
  'escape',
  'destructuredLocals[]',
  'client',
  'cache',
  'filename',
  'root',
  'async',
  '_locals[outputFunctionName]',
  '__proto__[polluted]',
  '__proto__[outputFunctionName]',
  'constructor[prototype][polluted]',
  'layout',
];
const code = 'x;globalThis.polluted=1;x';

export function breakIns(room: () => House): void {
  describe('options of the views, and what objects inherit from', () => {
    const hostile = () =>
      new URLSearchParams(Object.fromEntries(options.map((name) => [name, code]))).toString();
    const isUntouched = () => {
      expect((globalThis as { polluted?: unknown }).polluted).to.equal(undefined);
      expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
      expect(({} as { outputFunctionName?: unknown }).outputFunctionName).to.equal(undefined);
    };

    it('are out of reach in the query of every page', async () => {
      const { admin } = room();
      for (const route of stated.filter(
        ({ method, path }) => method === 'GET' && /^\/(app\/|chat|login|setup)/.test(path),
      )) {
        if (/\/live$/.test(route.path)) continue;
        const path = realAddress(room(), route);
        const { status, text } = await admin.get(`${path}${path.includes('?') ? '&' : '?'}${hostile()}`);
        expect(status, path).to.be.below(500);
        expect(text, path).not.to.match(/ReferenceError|SyntaxError|<%/);
      }
      isUntouched();
    });

    it('are out of reach in the body of every form', async () => {
      const { admin, bot } = room();
      const token = await admin.token();
      const forms = stated.filter(
        ({ method, path }) => method === 'POST' && /^\/(app\/|chat|login|setup)/.test(path),
      );
      for (const { path } of forms) {
        // The bot is there and stays; of all else, there is none with this id.
        const isGoing = path.endsWith('/delete');
        const place = path
          .replace('/bots/:id', isGoing ? '/bots/x' : `/bots/${bot}`)
          .replace(':botId', bot)
          .replace(/:\w+/g, 'x');
        const answer = await admin.agent
          .post(`${place}?${hostile()}`)
          .set('X-CSRF-Token', token)
          .type('form')
          .send(`${hostile()}&name=`);
        expect(answer.status, path).to.be.below(500);
      }
      isUntouched();
    });
  });
}
