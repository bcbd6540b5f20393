import { parse } from 'csv-parse';
import { givenArgs, tellParent, whenTold } from '../support/child.js';
import { langChainIndex } from './langchain.js';

const { url } = givenArgs<{ url: string }>();
const index = langChainIndex();

/** Reads the file, and indexes a document of each row: `column: value`, line by line. */
whenTold(async () => {
  const answer = await fetch(url);
  const rows = parse(await answer.text(), { columns: true }) as AsyncIterable<Record<string, string>>;
  const documents = [];
  for await (const row of rows) {
    const lines = Object.entries(row).map(([column, value]) => `${column}: ${value}`);
    documents.push({ pageContent: lines.join('\n'), metadata: { source: url, row: documents.length + 1 } });
  }
  const { numAdded, numSkipped } = await index(documents);
  tellParent({ indexed: numAdded + numSkipped });
});
tellParent({ isReady: true });
