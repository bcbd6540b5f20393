import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { program } from '../support/processes.js';

/** Its packages are 136 MB that nothing but one bench needs: they are installed when it is run for the first time. */
const folder = join(import.meta.dirname, '../../../test/bench/langchain');
const load = createRequire(join(folder, 'package.json'));

type Document = { pageContent: string; metadata: Record<string, string | number> };
type Made = new (...args: unknown[]) => object;
type Indexed = { numAdded: number; numUpdated: number; numSkipped: number; numDeleted: number };
type Asked = {
  docsSource: Document[];
  recordManager: object;
  vectorStore: object;
  options: { cleanup: 'full' };
};

export async function installLangChain(): Promise<void> {
  if (existsSync(join(folder, 'node_modules'))) return;
  const install = ['ci', '--prefix', folder, '--omit=peer', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  const { code, stdout, stderr } = await program('npm', install).finished;
  if (code !== 0) throw new Error(`LangChain could not be installed: ${stdout}${stderr}`);
}

/** Its indexing API over a record manager and a vector store in memory, and an embedder that makes up its answers. */
export function langChainIndex(): (documents: Document[]) => Promise<Indexed> {
  const { index } = load('@langchain/core/indexing') as { index: (asked: Asked) => Promise<Indexed> };
  const { FakeEmbeddings } = load('@langchain/core/utils/testing') as { FakeEmbeddings: Made };
  const { InMemoryRecordManager } = load('@langchain/community/indexes/memory') as {
    InMemoryRecordManager: Made;
  };
  const { MemoryVectorStore } = load('@langchain/classic/vectorstores/memory') as { MemoryVectorStore: Made };
  const recordManager = new InMemoryRecordManager();
  const vectorStore = new MemoryVectorStore(new FakeEmbeddings());
  return (docsSource) => index({ docsSource, recordManager, vectorStore, options: { cleanup: 'full' } });
}
