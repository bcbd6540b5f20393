import type { BlockObjectResponse } from '@notionhq/client';
import { Unread } from './reasons.js';
import { plain } from './richText.js';
import type { Workspace } from './workspace.js';

/** What stands on a page. `pages` and `databases` are the ids of those that lie inside. */
export type Body = {
  text: string;
  pages: string[];
  databases: string[];
  /** Some of it stands elsewhere too, and may be changed there: the page then tells nothing of it. */
  isSynced: boolean;
};

/** `isClose`: on the line after another that is close, and not a paragraph of its own. */
type Part = { text: string; isClose: boolean };
type Content = {
  rich_text?: Parameters<typeof plain>[0];
  caption?: Parameters<typeof plain>[0];
  title?: unknown;
  name?: string;
  url?: string;
  external?: { url: string };
  expression?: string;
  checked?: boolean;
  list_start_index?: number;
  cells?: NonNullable<Parameters<typeof plain>[0]>[];
  children?: Record<string, string>;
  synced_from?: { block_id: string } | null;
};

// Nobody nests or writes as much; what is made to would be read for ever.
const deepest = 50;
const mostLists = 3_000;

/** Reads what stands on a page, blocks within blocks included, in their order; `what` is the page in words. */
export async function bodyOf(
  pageId: string,
  { blocks }: Pick<Workspace, 'blocks'>,
  what: string,
): Promise<Body> {
  const body: Body = { text: '', pages: [], databases: [], isSynced: false };
  let lists = 0;

  async function partsIn(id: string, depth: number): Promise<Part[]> {
    if (depth > deepest) throw new Unread('refused', `${what} is nested too deeply to be read`);
    if (++lists > mostLists) throw new Unread('refused', `${what} has too many blocks to be read`);
    const parts: Part[] = [];
    let number = 0;
    for await (const block of blocks(id, what)) {
      const content = contentOf(block);
      number = block.type === 'numbered_list_item' ? (number || (content.list_start_index ?? 1) - 1) + 1 : 0;
      parts.push(...(await partsOf(block, content, number, depth)));
    }
    return parts;
  }

  async function partsOf(block: BlockObjectResponse, content: Content, number: number, depth: number) {
    if (block.in_trash) return [];
    if (block.type === 'child_page' || block.type === 'child_database') {
      body[block.type === 'child_page' ? 'pages' : 'databases'].push(block.id);
      return [];
    }
    const own = ownText(block.type, content);
    const inner = await innerParts(block, content, depth);
    if (isItem(block.type)) {
      if (!own && !inner.length) return [];
      const below = inner.length ? `\n${joined(inner)}`.replaceAll('\n', '\n  ') : '';
      return [{ text: marker(block.type, content, number) + own + below, isClose: true }];
    }
    return [...(own ? [{ text: own, isClose: block.type === 'table_row' }] : []), ...inner];
  }

  async function innerParts(block: BlockObjectResponse, content: Content, depth: number): Promise<Part[]> {
    // A copy: what it shows lies in the original.
    const original = content.synced_from?.block_id;
    if (original) body.isSynced = true;
    if (!block.has_children && !original) return [];
    const within = block.type === 'transcription' || block.type === 'meeting_notes' ? content.children : null;
    const ids = original ? [original] : within ? Object.values(within) : [block.id];
    const parts: Part[] = [];
    for (const id of ids) parts.push(...(await partsIn(id, depth + 1).catch(nothingIfAbsent)));
    return parts;
  }

  body.text = joined(await partsIn(pageId, 1));
  return body;
}

/** It was removed since it was listed, or is the copy of what the integration may not see. */
function nothingIfAbsent(error: unknown): Part[] {
  if (error instanceof Unread && error.fault === 'absent') return [];
  throw error;
}

function joined(parts: Part[]): string {
  return parts
    .map(({ text, isClose }, at) => {
      const before = parts[at - 1];
      return before ? (isClose && before.isClose ? '\n' : '\n\n') + text : text;
    })
    .join('');
}

const contentOf = (block: BlockObjectResponse): Content =>
  (block as unknown as Record<string, Content | undefined>)[block.type] ?? {};

const isItem = (type: string) => /^(bulleted_list_item|numbered_list_item|to_do)$/.test(type);

function marker(type: string, { checked }: Content, number: number): string {
  if (type === 'to_do') return checked ? '[x] ' : '[ ] ';
  return type === 'numbered_list_item' ? `${number}. ` : '- ';
}

/** Files that lie in Notion have an address for an hour only: it is left out. */
function ownText(type: string, content: Content): string {
  if (content.cells) return content.cells.map(plain).join(' | ');
  const title = Array.isArray(content.title) ? content.title : undefined;
  const link = type === 'image' ? undefined : (content.url ?? content.external?.url);
  return [plain(content.rich_text ?? title), content.expression, plain(content.caption), content.name, link]
    .filter(Boolean)
    .join(type === 'code' ? '\n' : ' ');
}
