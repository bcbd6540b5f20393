import type { PageObjectResponse } from '@notionhq/client';
import type { Field } from '../fields.js';
import { plain } from './richText.js';

export type Page = PageObjectResponse;
type Property = Page['properties'][string];
type RolledUp = Extract<Extract<Property, { type: 'rollup' }>['rollup'], { type: 'array' }>['array'][number];
type Moment = { start: string; end: string | null } | null;
type Person = { object: string; name?: string | null };

export function titleOf({ properties }: Pick<Page, 'properties'>): string {
  const title = Object.values(properties).find((property) => property.type === 'title');
  return title?.type === 'title' ? plain(title.title) : '';
}

/**
 * What an entry of a database holds beside its title, in words. By name, for Notion promises no order. Relations are
 * left out: of what they lead to they have the ids alone.
 */
export function fieldsOf({ properties }: Pick<Page, 'properties'>): Field[] {
  return Object.entries(properties)
    .filter(([, property]) => property.type !== 'title')
    .map(([name, property]): Field => [name, words(property)])
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function words(property: Property | RolledUp): string {
  switch (property.type) {
    case 'title':
      return plain(property.title);
    case 'rich_text':
      return plain(property.rich_text);
    case 'number':
      return text(property.number);
    case 'select':
      return text(property.select?.name);
    case 'status':
      return text(property.status?.name);
    case 'multi_select':
      return listed(property.multi_select.map(({ name }) => name));
    case 'date':
      return moment(property.date);
    case 'people':
      return listed(property.people.map(person));
    case 'created_by':
      return person(property.created_by);
    case 'last_edited_by':
      return person(property.last_edited_by);
    case 'created_time':
      return property.created_time;
    case 'last_edited_time':
      return property.last_edited_time;
    case 'files':
      return listed(property.files.map(({ name }) => name));
    case 'checkbox':
      return yesOrNo(property.checkbox);
    case 'url':
      return text(property.url);
    case 'email':
      return text(property.email);
    case 'phone_number':
      return text(property.phone_number);
    case 'unique_id':
      return listed([property.unique_id.prefix, property.unique_id.number], '-');
    case 'verification':
      return text(property.verification?.state);
    case 'place':
      return listed([property.place?.name, property.place?.address]);
    case 'formula':
      return formula(property.formula);
    case 'rollup':
      return rollup(property.rollup);
    default:
      return '';
  }
}

function formula(formula: Extract<Property, { type: 'formula' }>['formula']): string {
  if (formula.type === 'boolean') return yesOrNo(formula.boolean);
  if (formula.type === 'date') return moment(formula.date);
  if (formula.type === 'number') return text(formula.number);
  return formula.type === 'string' ? text(formula.string) : '';
}

function rollup(rollup: Extract<Property, { type: 'rollup' }>['rollup']): string {
  if (rollup.type === 'number') return text(rollup.number);
  if (rollup.type === 'date') return moment(rollup.date);
  return rollup.type === 'array' ? listed(rollup.array.map(words)) : '';
}

const text = (value: string | number | null | undefined) => String(value ?? '').trim();
const yesOrNo = (value: boolean | null) => (value === null ? '' : value ? 'yes' : 'no');
const person = (person: Person) => text(person.name);
const moment = (date: Moment) => listed([date?.start, date?.end], ' – ');
const listed = (values: (string | number | null | undefined)[], between = ', ') =>
  values.map(text).filter(Boolean).join(between);
