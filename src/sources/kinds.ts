import { endingsOf } from './uploads.js';

/** A field of a kind's form; `name` is the key in the source's config. */
export type KindField = {
  name: string;
  label: string;
  hint?: string;
  type?: string;
  rows?: number;
  required?: boolean;
  placeholder?: string;
  options?: [value: string, words: string][];
  autocomplete?: string;
  /** Few need it: it stands under “More”. */
  isRare?: boolean;
};

/** How people see a type of data source: what it is called, what it is for, what its form asks. */
export type Kind = {
  type: string;
  title: string;
  icon: string;
  description: string;
  fields: KindField[];
  /** The endings of files that can be uploaded; empty where there is nothing to upload. */
  accepts: string[];
  /** It can be told before its first sync what it will have; or only of what was uploaded, when it is there. */
  preview?: 'always' | 'stored';
};

const url = (hint: string, required = true): KindField => ({
  name: 'url',
  label: 'URL',
  type: 'url',
  required,
  placeholder: 'https://www.example.com/',
  hint,
});

export const kinds: Kind[] = [
  {
    type: 'website',
    title: 'Website',
    icon: 'world',
    description: 'Pages of a site: their main text, without menus and scripts. robots.txt is obeyed.',
    accepts: [],
    preview: 'always',
    fields: [
      url('Where to start.'),
      {
        name: 'mode',
        label: 'Which pages',
        options: [
          ['crawl', 'this page and all that it leads to on the same site'],
          ['sitemap', 'the pages that the sitemap names'],
          ['page', 'only this page'],
        ],
      },
      { name: 'maxPages', label: 'Page limit', type: 'number', placeholder: '500' },
      {
        name: 'include',
        label: 'Only paths like',
        rows: 2,
        placeholder: '/docs/**',
        hint: 'One pattern a line; empty: all.',
      },
      {
        name: 'exclude',
        label: 'But not paths like',
        rows: 2,
        placeholder: '/blog/**',
        hint: 'One pattern a line.',
      },
      {
        name: 'selector',
        label: 'CSS selector of the text',
        placeholder: 'main',
        hint: 'Leave it empty to have the main part of the page detected.',
      },
    ],
  },
  {
    type: 'feed',
    title: 'Feed',
    icon: 'rss',
    description: 'The entries of a feed: RSS, Atom, RDF or JSON Feed.',
    accepts: [],
    preview: 'always',
    fields: [url('The address of the feed itself.')],
  },
  {
    type: 'csv',
    title: 'CSV table',
    icon: 'table',
    description: 'The lines of a table with a header line, from a URL or uploaded.',
    accepts: endingsOf('csv'),
    preview: 'always',
    fields: [
      url('Empty: upload files on the next page.', false),
      {
        name: 'keyColumn',
        label: 'Key column',
        hint: 'The column whose value is unique to each line. Empty: lines are compared by what they say.',
      },
      {
        name: 'delimiter',
        label: 'Delimiter',
        placeholder: ';',
        hint: 'Leave it empty to have it detected. Write “tab” for a tab.',
      },
    ],
  },
  {
    type: 'json',
    title: 'JSON',
    icon: 'braces',
    description: 'The items of an array that an API answers with.',
    accepts: [],
    preview: 'always',
    fields: [
      url('The address of the API.'),
      {
        name: 'headers',
        label: 'Headers',
        rows: 2,
        placeholder: 'Authorization: Bearer …',
        hint: 'One a line. Kept encrypted, and shown masked.',
      },
      {
        name: 'itemsPath',
        label: 'Path to the items',
        placeholder: 'data.items',
        hint: 'Dotted. Empty: the answer itself, or its only array.',
      },
      {
        name: 'idField',
        label: 'Field with the id',
        placeholder: 'id',
        hint: 'Unique to each item. Empty: items are compared by what they say.',
      },
      { name: 'titleField', label: 'Field with the title', placeholder: 'name' },
      { name: 'nextPath', label: 'Path to the address of the next page', placeholder: 'links.next' },
    ],
  },
  {
    type: 'files',
    title: 'Files',
    icon: 'file-upload',
    description: 'PDF and Word documents, texts, Markdown, HTML, tables and JSON that you upload.',
    accepts: endingsOf('files'),
    preview: 'stored',
    fields: [],
  },
  {
    type: 'text',
    title: 'Texts',
    icon: 'file-text',
    description: 'Questions and answers, or anything else that you type in here.',
    accepts: [],
    preview: 'always',
    fields: [],
  },
  {
    type: 'notion',
    title: 'Notion',
    icon: 'brand-notion',
    description: 'Pages of Notion and the entries of its databases, with all that lies inside of them.',
    accepts: [],
    preview: 'always',
    fields: [
      {
        name: 'token',
        label: 'Token',
        type: 'password',
        required: true,
        autocomplete: 'off',
        hint: 'Of an integration that you make in Notion, under Settings → Connections. Kept encrypted, and shown to nobody. Then share what is to be read: in the menu of a page, under Connections.',
      },
      {
        name: 'pageIds',
        label: 'Pages',
        rows: 3,
        placeholder: 'https://www.notion.so/Handbook-0123456789abcdef0123456789abcdef',
        hint: 'One address or id a line. Pages and databases that lie inside of a page are read too. With neither pages nor databases, all that is shared with the integration is read.',
      },
      {
        name: 'databaseIds',
        label: 'Databases',
        rows: 2,
        hint: 'One address or id a line. Every entry is a row, its properties included.',
      },
      {
        name: 'baseUrl',
        label: 'Address of the API',
        type: 'url',
        placeholder: 'https://api.notion.com',
        hint: 'Only where another server stands in for Notion.',
        isRare: true,
      },
    ],
  },
];

export const kindOf = (type: string): Kind | undefined => kinds.find((kind) => kind.type === type);
