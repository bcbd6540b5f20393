import { chunk } from '../knowledge/chunk.js';
import { pairsIn } from '../knowledge/pairs.js';
import { countTokens } from '../knowledge/tokens.js';
import type { Row } from '../sources/connectors/connector.js';
import { failedLine, type Line, line, type room } from './ledger.js';
import {
  type Asking,
  type Compared,
  type NewDocument,
  type NewRow,
  type Verdict,
  verdict,
} from './protocol.js';

/** Documents in one statement. */
const mostDocuments = 500;

export type Pending = { key: string; hash: string | null; row: Row | null; failure: string | null };
/** Rows to be compared, and what is known of others already. */
export type Batch = {
  pending: Pending[];
  characters: number;
  since: number;
  failed: Line[];
  repeated: number;
};

/** Takes a batch in: what is new or changed is cut into documents and written, and the ledger hears of each row. */
export async function takeIn(
  { pending, failed, repeated }: Batch,
  { ask }: Asking,
  fits: ReturnType<typeof room>,
): Promise<void> {
  const verdicts = await compared(pending, ask);
  const lines = [...failed];
  const remembered: Pick<NewRow, 'key' | 'memo'>[] = [];
  const writer = batchWriter(ask);
  for (const [n, { key, hash, row, failure }] of pending.entries()) {
    const is = verdicts[n];
    if (failure !== null) lines.push(failedLine(key, failure, is !== verdict.isNew));
    else if (row && hash && (is === verdict.isNew || is === verdict.changed)) {
      const replaces = is === verdict.changed;
      await writer.add({ key, hash, row }, replaces);
      lines.push(line(replaces ? 'changed' : 'added', key, row.title));
    } else if (is === verdict.keptWithOtherMemo) remembered.push({ key, memo: memoOf(row) });
    else if (is === verdict.isNew) lines.push(failedLine(key, 'It was never read before', false));
  }
  await writer.flush();
  if (remembered.length > 0) await ask({ ask: 'remember', rows: JSON.stringify(remembered) });
  await note(lines, repeated);

  async function note(all: Line[], repeated: number): Promise<void> {
    const failed = all.filter(({ outcome }) => outcome === 'failed').length;
    const lines = all.filter(({ outcome }) => fits(outcome));
    if (lines.length + failed + repeated > 0) await ask({ ask: 'note', lines, failed, repeated });
  }
}

async function compared(pending: Pending[], ask: Asking['ask']): Promise<Verdict[]> {
  if (pending.length === 0) return [];
  const rows = pending.map(({ key, hash, row }, n): Compared => ({ n, key, hash, memo: memoOf(row) }));
  return ask<Verdict[]>({ ask: 'compare', rows: JSON.stringify(rows), count: rows.length });
}

const memoOf = (row: Row | null) => (row?.memo ? JSON.stringify(row.memo) : null);

/** Writes rows in statements of a bounded size; the documents of a long row may take several. */
function batchWriter(ask: Asking['ask']) {
  let rows: NewRow[] = [];
  let documents: NewDocument[] = [];
  let counts = { rows: 0, replaced: 0, documents: 0, tokens: 0 };

  async function flush(): Promise<void> {
    if (rows.length === 0 && documents.length === 0) return;
    const written = { rows: JSON.stringify(rows), documents: JSON.stringify(documents), counts };
    rows = [];
    documents = [];
    counts = { rows: 0, replaced: 0, documents: 0, tokens: 0 };
    await ask({ ask: 'write', ...written });
  }

  async function add(
    { key, hash, row }: { key: string; hash: string; row: Row },
    replaces: boolean,
  ): Promise<void> {
    const pieces = piecesOf(row);
    const tokens = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
    const { title, url } = row;
    rows.push({ key, hash, title, url, memo: memoOf(row), tokens, documents: pieces.length });
    counts.rows += 1;
    counts.replaced += replaces ? 1 : 0;
    counts.tokens += tokens;
    counts.documents += pieces.length;
    for (const piece of pieces) {
      if (documents.length === mostDocuments) await flush();
      documents.push({ key, text: piece.text, pairs: pairsIn(`${title} ${piece.text}`).join(' ') });
    }
  }

  return { add, flush };
}

/** A row of nothing but a title can be found by it. */
function piecesOf({ title, text }: Row) {
  const pieces = chunk(text);
  if (pieces.length > 0 || title.trim() === '') return pieces;
  return [{ text: title.trim(), tokens: countTokens(title.trim()) }];
}
