import { createHash } from 'node:crypto';
import type { Connector, Item, Surroundings } from './connector.js';
import { csv } from './csv.js';
import { feed } from './feed.js';
import { files } from './files.js';
import { json } from './json.js';
import { notion } from './notion.js';
import { text } from './text.js';
import { website } from './website.js';

/** Every type of data source by its name. A new one is a file beside this one and a line here. */
export const connectors: ReadonlyMap<string, Connector> = new Map(
  [website, feed, json, csv, files, text, notion].map((connector) => [connector.type, tidy(connector)]),
);

/** The same connector, what it yields made fit for any database. */
function tidy(connector: Connector): Connector {
  return {
    ...connector,
    async *read(config, around: Surroundings) {
      const recall = (key: string) => around.recall(storable(key));
      for await (const item of connector.read(config, { ...around, recall })) yield tidied(item);
    },
  };
}

function tidied(item: Item): Item {
  if (item.kind === 'same') return { ...item, key: storable(item.key) };
  if (item.kind === 'failed') return { ...item, key: storable(item.key), reason: clean(item.reason) };
  if (item.kind !== 'row') return item;
  const { key, title, text, url } = item.row;
  return {
    kind: 'row',
    row: {
      ...item.row,
      ...(key !== undefined && { key: storable(key) }),
      title: clean(title),
      text: clean(text),
      url: url && clean(url),
    },
  };
}

/** PostgreSQL refuses NUL in text, and a half of a surrogate pair is no character in any charset. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}

// An entry of an index in PostgreSQL is at most 2,704 bytes long.
function storable(key: string): string {
  const plain = clean(key);
  if (plain.length <= 500) return plain;
  return `${plain.slice(0, 450).toWellFormed()}…${createHash('sha256').update(plain).digest('hex').slice(0, 32)}`;
}
