import type { Connector } from '../connectors/connector.js';
import { type Around, type Preview, type PreviewRow, previewOf, tooSlow } from './reading.js';
import type { Problem } from './schema.js';

const mostFiles = 20;

/** The first row of each uploaded file, or why there is none: one that cannot be read hides no other. */
export async function previewByFile(
  connector: Pick<Connector, 'type' | 'read'>,
  config: unknown,
  around: Around,
): Promise<Preview> {
  if (around.files.length === 0) return previewOf(connector, config, around);
  const rows: PreviewRow[] = [];
  const problems: Problem[] = [];
  let read = 0;
  let reason: string | null = null;
  for (const file of around.files.slice(0, mostFiles)) {
    const one = await previewOf(connector, config, { ...around, files: [file] });
    const [row] = one.rows;
    const why = one.reason ?? one.problems[0]?.reason;
    // That there is no time left is the fault of no single file.
    if (around.signal.aborted && !row) {
      reason = tooSlow(read);
      break;
    }
    if (row) rows.push({ ...row, file: file.name });
    if (why !== undefined || !row) problems.push({ key: file.name, reason: why ?? 'there is no row in it' });
    read++;
  }
  const files = around.files.length;
  return {
    rows,
    problems,
    remarks: [],
    read,
    files,
    expected: null,
    isWhole: read === files,
    reason,
    addresses: null,
  };
}
