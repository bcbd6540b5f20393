import { readFile } from 'node:fs/promises';
import { SourceError } from '../connector.js';
import { type Outcome, type Task, tooMuchMemory, unreadable } from './apart.js';
import { budget } from './budget.js';

const mostCharacters = 10_000_000;

const memory = budget();

const parsers = {
  pdf: async () => (await import('./pdf.js')).pdfText,
  docx: async () => (await import('./docx.js')).docxText,
};

/** Reads one file, in a thread of its own. */
export async function read({ path, format, megabytes }: Task): Promise<Outcome> {
  const file = await readFile(path);
  memory.allow(megabytes * 1024 * 1024);
  try {
    const parse = await parsers[format]();
    const { title, text } = await parse(file, mostCharacters);
    // A parser may make do with less than there was.
    return memory.isSpent() ? unreadable(tooMuchMemory) : { kind: 'read', title, text };
  } catch (error) {
    if (memory.isSpent()) return unreadable(tooMuchMemory);
    if (error instanceof SourceError) return unreadable(error.message);
    // What nobody foresaw is what no program writes.
    return unreadable(`cannot be read: it seems to be damaged (${firstLine(error)})`);
  }
}

function firstLine(error: unknown): string {
  return String((error as Error).message)
    .split('\n')[0]!
    .slice(0, 200);
}
