import type { Page } from './properties.js';
import type { Workspace } from './workspace.js';

/** A page holds so many values of these properties at most; the others are to be asked for. */
const most = 25;

/** The same page with all values of its properties. */
export async function completed(page: Page, notion: Workspace, what: string): Promise<Page> {
  const properties = { ...page.properties };
  for (const [name, property] of Object.entries(properties)) {
    const { type } = property;
    if (type !== 'title' && type !== 'rich_text' && type !== 'people') continue;
    const held = (property as unknown as Record<string, unknown[]>)[type];
    if (!held || held.length < most) continue;
    const all: unknown[] = [];
    for await (const value of notion.values(page.id, property.id, what))
      all.push((value as unknown as Record<string, unknown>)[type]);
    properties[name] = { ...property, [type]: all } as typeof property;
  }
  return { ...page, properties };
}
