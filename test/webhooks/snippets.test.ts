import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { person } from '../support/people.js';
import { type Running, startHookbell } from '../support/server.js';

const run = promisify(execFile);

/** The first Python that has requests; CI installs one. */
async function pythonWithRequests(): Promise<string | null> {
  for (const python of ['python3', '/usr/bin/python3']) {
    if (python.startsWith('/') && !existsSync(python)) continue;
    const found = await run(python, ['-c', 'import requests']).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}

describe('the calls on the page of a trigger', () => {
  let running: Running;
  let codes: Map<string, string>;
  let sourceId: string;

  before(async () => {
    running = await startHookbell({ background: false });
    const admin = await person(running);
    const bot = String((await admin.submit('/app/bots/new', { name: 'Help desk' })).headers.location)
      .split('/')
      .at(-1);
    const at = running.hookbell.deps.clock();
    const actor = { id: admin.id, name: 'Ada', email: admin.email, role: 'admin' } as const;
    const input = {
      name: 'Hours',
      type: 'text',
      config: { entries: [{ title: 'a', text: 'b' }] },
      schedule: null,
      enabled: true,
    };
    sourceId = (await running.hookbell.sources.create(bot!, input, actor, at)).id;
    const created = await admin.submit(`/app/bots/${bot}/webhooks/new?type=sync.trigger`, {
      dataSourceId: sourceId,
    });
    const { $ } = await admin.get(String(created.headers.location));
    codes = new Map(
      $('pre[id^=snippet-]')
        .toArray()
        .map((pre) => [$(pre).attr('id')!, $(pre).text()]),
    );
  });
  after(() => running.stop());

  const called = async (command: string, args: string[]) => {
    await running.hookbell.deps.db('syncs').update({ status: 'succeeded', finished_at: 1 });
    const before = (await running.hookbell.syncs.listOf(sourceId, { limit: 50, after: null })).length;
    const { stdout } = await run(command, args);
    const after = (await running.hookbell.syncs.listOf(sourceId, { limit: 50, after: null })).length;
    expect(after).to.equal(before + 1);
    return stdout;
  };

  it('work in a shell', async () => {
    expect(await called('sh', ['-c', codes.get('snippet-curl')!])).to.equal('{"success":true}');
  });

  it('work in JavaScript', async () => {
    const output = await called(process.execPath, ['--input-type=module', '-e', codes.get('snippet-fetch')!]);
    expect(output.trim()).to.equal('200 { success: true }');
  });

  it('work in Python', async function () {
    const python = await pythonWithRequests();
    if (!python) {
      if (process.env.CI) throw new Error('There is no Python with requests, and CI skips nothing');
      console.warn('      skipped: there is no Python with requests here (apt-get install python3-requests)');
      return this.skip();
    }
    expect((await called(python, ['-c', codes.get('snippet-requests')!])).trim()).to.equal(
      "200 {'success': True}",
    );
  });
});
