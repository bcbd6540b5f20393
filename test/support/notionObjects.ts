/** A page as a test describes it; times in ISO 8601. Properties as Notion has them, without their ids. */
export type Page = {
  title: string;
  properties: Record<string, { type: string } & Record<string, unknown>>;
  edited: string;
  created: string;
  in_trash: boolean;
};

export type Block = {
  id?: string;
  type: string;
  content: Record<string, unknown>;
  children?: Block[];
};
export type Stored = Block & { id: string };

/** Rich text as Notion gives it, in one piece. */
export const rich = (text: string) => [
  { type: 'text', plain_text: text, href: null, text: { content: text } },
];

export const block = (type: string, content: Record<string, unknown> = {}, children?: Block[]): Block => ({
  type,
  content,
  ...(children && { children }),
});
/** A block of text, e.g. `words('paragraph', 'Hello')`. */
export const words = (type: string, text: string, children?: Block[]) =>
  block(type, { rich_text: rich(text) }, children);
export const paragraph = (text: string) => words('paragraph', text);
/** A page or database that lies on a page. */
export const inside = (type: 'child_page' | 'child_database', id: string): Block => ({
  ...block(type, { title: '' }),
  id,
});

export function pageObject(id: string, { title, properties, edited, created, in_trash }: Page) {
  const named = Object.entries(properties).map(([name, { all, ...value }]) => [name, { id: name, ...value }]);
  return {
    object: 'page',
    id,
    created_time: created,
    last_edited_time: edited,
    in_trash,
    archived: in_trash,
    url: `https://www.notion.so/${title.replaceAll(' ', '-')}-${id.replaceAll('-', '')}`,
    properties: { Name: { id: 'title', type: 'title', title: rich(title) }, ...Object.fromEntries(named) },
  };
}

export function placed({ id, type, content, children }: Stored) {
  return {
    object: 'block',
    id,
    type,
    has_children: Boolean(children) || type === 'child_page',
    in_trash: false,
    [type]: content,
  };
}
