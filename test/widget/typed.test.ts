import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { calls, events } from '../../src/widget/sdk.js';
import { type House, startHouse } from '../conversations/house.js';

const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

const page = `
const off: () => void = hookbell.on('message', ({ from, content, author }) => {
  const said: string = author ?? (from === 'agent' ? 'an agent' : from);
  hookbell.sendMessage(said + content);
});
off();
window.hookbell.on('state', ({ agent }) => agent?.length);
window.hookbell.on('unread', ({ count }) => count.toFixed());
hookbell.identify({ name: 'Ann', email: 'ann@example.com', plan: 'Pro', basket: [1] });
hookbell.setTheme('dark');
// @ts-expect-error there is no such event
hookbell.on('mesage', () => {});
// @ts-expect-error no such theme
hookbell.setTheme('pink');
// @ts-expect-error a name is a text
hookbell.identify({ name: 7 });
// @ts-expect-error unread tells a number
hookbell.on('unread', ({ count }) => count.length);
// @ts-expect-error nobody changes the bot
hookbell.bot = 'another';
`;

describe('the types of window.hookbell', () => {
  let house: House;
  let types: string;
  before(async () => {
    house = await startHouse();
    const answer = await fetch(`${house.url}/widget.d.ts`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/typescript; charset=utf-8');
    expect(answer.headers.get('access-control-allow-origin')).to.equal('*');
    types = await answer.text();
  });
  after(() => house.stop());

  it('let a page compile that does it right, and none that does not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hookbell-types-'));
    writeFileSync(join(folder, 'widget.d.ts'), types);
    writeFileSync(join(folder, 'page.ts'), page);
    const options = ['--noEmit', '--strict', '--types', '', '--lib', 'ES2022,DOM', 'page.ts', 'widget.d.ts'];
    const said = await promisify(execFile)(process.execPath, [tsc, ...options], { cwd: folder }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    rmSync(folder, { recursive: true, force: true });
    expect(said).to.equal('');
  });

  it('name what the script has, and what the Widget tab tells of', async () => {
    const script = await (await fetch(`${house.url}/widget.js`)).text();
    for (const { name } of events) {
      expect(types, name).to.match(new RegExp(`^  ${name}: `, 'm'));
      expect(script, name).to.include(`'${name}'`);
    }
    for (const { code } of calls) {
      const [, name] = /hookbell\.(\w+)\(/.exec(code)!;
      expect(types, name).to.match(new RegExp(`^  ${name}[(<]`, 'm'));
      expect(script, name).to.match(new RegExp(`^      ${name}[(:]`, 'm'));
    }
  });
});
