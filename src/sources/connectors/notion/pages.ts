import { isFullPage } from '@notionhq/client';
import { type Item, type Memo, SourceError, type Surroundings } from '../connector.js';
import type { Config } from '../notion.js';
import { type PageMemo, pageRow } from './pageRow.js';
import { Unread } from './reasons.js';
import { workspace } from './workspace.js';

/** Where to read; what came with a list has been given. What is named must be there, what lies inside may be gone. */
type Place = {
  kind: 'page' | 'database' | 'data_source';
  id: string;
  given?: Parameters<typeof isFullPage>[0];
  isNamed?: boolean;
};

const mostFailuresInARow = 3;

export async function* read(config: Config, around: Surroundings): AsyncGenerator<Item> {
  const notion = workspace(config, around);
  const queue: Place[] = [];
  const found = new Set<string>();
  const done = new Set<string>();
  const troubles: Unread[] = [];
  let pages = 0;
  let failuresInARow = 0;
  let isReadable = false;

  function isNew({ kind, id }: Place): boolean {
    if (found.has(id)) return false;
    found.add(id);
    if (kind === 'page') around.expect(++pages);
    return true;
  }

  function add(place: Place): void {
    if (isNew(place)) queue.push(place);
  }

  function addInside(inside: Pick<PageMemo, 'pages' | 'databases'>): void {
    for (const id of inside.pages) add({ kind: 'page', id });
    for (const id of inside.databases) add({ kind: 'database', id });
  }

  async function* visit(place: Place): AsyncGenerator<Item> {
    if (done.has(place.id)) return;
    done.add(place.id);
    isNew(place);
    yield* place.kind === 'page' ? pageAt(place) : entriesAt(place);
  }

  async function* pageAt({ id, given, isNamed }: Place): AsyncGenerator<Item> {
    const memo = (await around.recall(id)) as (Memo & PageMemo) | null;
    const what = memo?.title ? `the page “${memo.title}”` : `the page ${id}`;
    try {
      const page = given ?? (await notion.page(id, what));
      if (!isFullPage(page)) throw new Unread('refused', `the integration may not read ${what}`);
      isReadable = true;
      if (page.in_trash || page.archived) return;
      const { item, inside } = await pageRow(page, memo, notion, what);
      failuresInARow = 0;
      addInside(inside);
      if (item) yield item;
    } catch (error) {
      const trouble = unreadable(error, what);
      if (trouble.fault === 'absent' && !isNamed) return;
      if (trouble.fault === 'server' && ++failuresInARow === mostFailuresInARow) throw trouble;
      troubles.push(trouble);
      yield { kind: 'failed', key: id, reason: trouble.message };
      if (memo) addInside(memo);
    }
  }

  /** Were a part of it missing, its rows would be taken for gone: then the whole source cannot be read. */
  async function* entriesAt({ kind, id, isNamed }: Place): AsyncGenerator<Item> {
    try {
      for (const source of kind === 'database' ? await notion.dataSources(id) : [id])
        for await (const entry of notion.entries(source)) yield* visitListed(entry);
      isReadable = true;
    } catch (error) {
      // One that only shows what lies in another database cannot be read, and need not be.
      const isView = !isNamed && error instanceof Unread && error.fault !== 'server';
      if (!isView) throw error;
    }
  }

  async function* visitListed(entry: { object: string; id: string }): AsyncGenerator<Item> {
    if (entry.object === 'data_source') return add({ kind: 'data_source', id: entry.id });
    yield* visit({ kind: 'page', id: entry.id, given: entry as Place['given'] });
  }

  for (const id of config.pageIds ?? []) add({ kind: 'page', id, isNamed: true });
  for (const id of config.databaseIds ?? []) add({ kind: 'database', id, isNamed: true });
  if (!found.size) {
    for await (const shared of notion.everything()) yield* visitListed(shared);
    if (!found.size)
      throw new SourceError(
        'nothing is shared with the integration: share pages in Notion, in their menu under Connections',
      );
  }
  for (let place = queue.shift(); place; place = queue.shift()) yield* visit(place);
  if (troubles[0] && !isReadable) throw troubles[0];
}

function unreadable(error: unknown, what: string): Unread {
  if (error instanceof Unread) return error;
  // One page that is not as Notion's API says is no reason to read none.
  if (error instanceof TypeError) return new Unread('refused', `${what} is in a form that is not known`);
  throw error;
}
