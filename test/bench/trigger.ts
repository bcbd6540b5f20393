import { startChild } from '../support/child.js';
import { cleaningUp } from '../support/cleanUp.js';
import type { Called } from './callerProcess.js';
import { median } from './figures.js';
import type { Options } from './options.js';
import type { Report } from './report.js';
import { startServer } from './server.js';

const connections = 32;
const ms = 4_000;

const names = { bare: 'bare Express route', all: 'trigger hook', web: 'trigger hook, ROLE=web' };

/**
 * Requests a second of the trigger hook, whose every answer means that the sync is on disk, against a route of Express
 * that only answers. With `ROLE=web`: without the syncs, which otherwise run in the same process one after another.
 */
export function triggerHook({ rounds }: Options): Promise<Report> {
  return cleaningUp(async (later) => {
    const express = startChild(new URL('./expressProcess.js', import.meta.url), {});
    later(express.stop);
    const { port } = await express.next<{ port: number }>();
    const caller = startChild(new URL('./callerProcess.js', import.meta.url), { connections });
    later(caller.stop);
    await caller.next();
    const urls = {
      [names.bare]: `http://127.0.0.1:${port}/api/public/hooks/38362dae-a2b4-4484-8ced-920082a40b45/14e6c7131ce0465c`,
      [names.all]: await hookOf('all', later),
      [names.web]: await hookOf('web', later),
    };
    const results = new Map<string, Called[]>(Object.keys(urls).map((name) => [name, []]));
    // The first is to warm up.
    for (let round = -1; round < rounds; round++)
      for (const [name, url] of Object.entries(urls)) {
        caller.tell({ url, ms });
        const called = await caller.next<Called>();
        if (round >= 0) results.get(name)!.push(called);
      }
    const rate = (name: string) => median(results.get(name)!.map(({ perSecond }) => perSecond));
    const rows = [...results].map(([name, calls]) => {
      const figures = {
        'a second': rate(name),
        'of the bare route': rate(name) / rate(names.bare),
        'p99, ms': median(calls.map(({ p99 }) => p99)),
      };
      return [name, figures] as const;
    });
    return {
      rows: Object.fromEntries(rows),
      notes: [
        `${connections} connections for ${ms / 1000} s, medians of ${rounds} rounds, in turns; SQLite, HOOK_RATE_LIMIT=0.`,
      ],
      targets: [
        { what: `${names.all} / ${names.bare}`, value: rate(names.all) / rate(names.bare), atLeast: 0.5 },
      ],
      bars: [
        {
          title: 'Requests a second of the trigger hook',
          bars: Object.values(names).map((name) => ({ name, value: rate(name), ours: name !== names.bare })),
        },
      ],
    };
  });
}

async function hookOf(role: string, later: (stop: () => unknown) => void): Promise<string> {
  const server = await startServer({ HOOK_RATE_LIMIT: '0', ROLE: role });
  later(server.stop);
  const { api } = server;
  const bot = await api<{ id: string }>('POST', '/bots', { name: 'Shop' });
  const config = { entries: [{ title: 'Returns', text: 'Within 30 days.' }] };
  const source = await api<{ id: string }>('POST', `/bots/${bot.id}/data-sources`, {
    name: 'Texts',
    type: 'text',
    config,
  });
  const hook = await api<{ url: string }>('POST', `/bots/${bot.id}/webhooks`, {
    type: 'sync.trigger',
    dataSourceId: source.id,
  });
  return hook.url;
}
