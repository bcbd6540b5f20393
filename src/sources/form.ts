import { kindOf } from './kinds.js';
import { usualMaxFailedPercent } from './schema.js';
import { mask } from './secrets.js';

type Config = Record<string, unknown>;
type Entry = { title: string; text: string };

const lists = new Set(['include', 'exclude', 'pageIds', 'databaseIds']);
const presets = ['hourly', 'daily', 'weekly'];
const invisible: Record<string, string> = { '\t': 'tab', ' ': 'space' };

/**
 * A form's fields as the API would take them: numbers, lists, headers and entries instead of text. Of one that is
 * stored, a secret that was left empty stays as it is.
 */
export function sourceFromForm(body: Config, { isStored = false } = {}): Config {
  const { name, type, every, cron, enabled, maxFailedPercent } = body;
  const kind = kindOf(String(type));
  const config: Config = {};
  for (const field of kind?.fields ?? []) {
    const value = text(body[field.name]);
    if (value !== '') config[field.name] = typed(field.name, value);
    else if (isStored && field.type === 'password') config[field.name] = mask;
  }
  if (type === 'text') config.entries = entriesOf(body.entries);
  const schedule = every === 'cron' ? text(cron) : text(every) || null;
  return {
    name,
    type,
    config,
    schedule,
    enabled: enabled === undefined ? true : enabled === 'on',
    ...(maxFailedPercent !== undefined && { maxFailedPercent: percentOf(text(maxFailedPercent)) }),
  };
}

/** What the form shows of a source that exists. `enabled` is there only then. */
export function formFromSource(source: {
  name: string;
  type: string;
  config: unknown;
  schedule: string | null;
  enabled: boolean;
  maxFailedPercent: number;
}): Config {
  const config = source.config as Config;
  const shown = Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, untyped(name, value)]),
  );
  return {
    ...shown,
    ...everyOf(source.schedule),
    name: source.name,
    type: source.type,
    enabled: source.enabled,
    maxFailedPercent: source.maxFailedPercent,
    entries: withRoom(config.entries),
  };
}

/** The same after a refusal, or when there should be room for one more entry: what was typed stays. */
export const formAgain = (body: Config): Config => ({ ...body, entries: withRoom(entriesOf(body.entries)) });

/** A header is typed into the field of all headers: `config.headers.X-Key` → `config.headers`. */
export const errorsAgain = (errors: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(errors).map(([path, message]) =>
      path.startsWith('config.headers.')
        ? ['config.headers', `${path.slice('config.headers.'.length)}: ${message}`]
        : [path, message],
    ),
  );

function typed(name: string, value: string): unknown {
  if (name === 'maxPages') return Number(value);
  if (name === 'delimiter') return value === 'space' ? ' ' : value;
  if (lists.has(name)) return linesOf(value);
  if (name !== 'headers') return value;
  return Object.fromEntries(
    linesOf(value).map((line) => {
      const [header = '', ...rest] = line.split(':');
      return [header.trim(), rest.join(':').trim()];
    }),
  );
}

function untyped(name: string, value: unknown): unknown {
  if (name === 'delimiter') return invisible[String(value)] ?? value;
  if (lists.has(name) && Array.isArray(value)) return value.join('\n');
  if (name !== 'headers' || typeof value !== 'object') return value;
  return Object.entries(value as Record<string, string>)
    .map(([header, content]) => `${header}: ${content}`)
    .join('\n');
}

function everyOf(schedule: string | null) {
  if (schedule === null) return { every: '' };
  return presets.includes(schedule) ? { every: schedule } : { every: 'cron', cron: schedule };
}

function withRoom(entries: unknown): Entry[] {
  return [...((entries as Entry[] | undefined) ?? []), { title: '', text: '' }];
}

/** An entry that was emptied is one that was removed. */
function entriesOf(given: unknown): Entry[] {
  return Object.values((given ?? {}) as Record<string, Partial<Entry>>)
    .map((entry) => ({ title: text(entry?.title), text: text(entry?.text) }))
    .filter((entry) => entry.title !== '' || entry.text !== '');
}

const percentOf = (value: string) => (value === '' ? usualMaxFailedPercent : Number(value));
const linesOf = (value: string) =>
  value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');

/** What a page tells of a source's config: label and value of each field that is set. */
export function settingsShown({ type, config }: { type: string; config: unknown }): [string, string][] {
  const given = config as Config;
  const shown = (kindOf(type)?.fields ?? []).flatMap((field): [string, string][] => {
    const value = text(untyped(field.name, given[field.name] ?? '')) || String(given[field.name] ?? '');
    const words = field.options?.find(([option]) => option === value)?.[1] ?? value;
    return words === '' ? [] : [[field.label, words]];
  });
  const entries = Array.isArray(given.entries) ? given.entries.length : null;
  return entries === null ? shown : [...shown, ['Entries', String(entries)]];
}
