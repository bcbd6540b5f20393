import type { Config } from '../config.js';
import { Invalid } from '../errors.js';
import { type FormState, fields } from '../http/form.js';
import { duration } from '../http/locals.js';
import { type Card, isOrdered, isSourceBound } from './cards.js';
import type { Webhook } from './store.js';

type Body = Record<string, unknown>;
type Row = { name: string; value: string };

const spareRows = 3;

/** A form's fields as the API would take them. */
export function webhookFromForm(body: Body): Body {
  const { headers, requestsPerSecond, concurrency, timeoutSeconds, inOrder, ...rest } = body;
  return { ...fields(rest), ...fromOldUrl(body), ...sendingFrom(body, String(body.type)) };
}

/** Into the field of the id goes a whole URL, too: the secret is its last part, unless another one is given. */
function fromOldUrl({ id, secret }: Body): Body {
  const [, oldId, oldSecret] = /\/hooks\/([^/?#]+)\/([^/?#]+)/.exec(text(id)) ?? [];
  if (oldId) return { id: oldId, secret: text(secret) || oldSecret };
  return text(id) ? { id: text(id) } : {};
}

/** A form sends every field it shows: one that is empty was emptied, but an empty secret means the old one. */
export function changesFromForm(body: Body, { type }: Webhook): Body {
  const { targetUrl, dataSourceId, secret, enabled } = body;
  return {
    ...(type !== 'sync.trigger' && { targetUrl: targetUrl || null }),
    ...(isSourceBound(type) && { dataSourceId: dataSourceId || null }),
    ...(secret !== '' && { secret }),
    enabled: enabled === 'on',
    ...sendingFrom(body, type),
  };
}

/** What the form shows of a webhook that exists: of its headers only the names. */
export function formFromWebhook(webhook: Webhook, headerNames: string[]): Body {
  const { targetUrl, dataSourceId, enabled, requestsPerSecond, concurrency, timeoutSeconds, inOrder } =
    webhook;
  return {
    targetUrl: targetUrl ?? '',
    dataSourceId: dataSourceId ?? '',
    enabled,
    headers: headerNames.map((name) => ({ name, value: '' })),
    requestsPerSecond: requestsPerSecond ?? '',
    concurrency: concurrency ?? '',
    timeoutSeconds: timeoutSeconds ?? '',
    inOrder,
  };
}

/** How events are sent, as the part of the form below “More” shows it; null for a trigger, which sends none. */
export function moreOf(
  { values, errors }: FormState,
  { type, incoming }: Card,
  stored: string[],
  { endpointConcurrency, deliveryTimeout }: Config,
) {
  if (incoming) return null;
  const known = new Set(stored.map((name) => name.toLowerCase()));
  const given = rowsOf(values.headers);
  const spare = Array.from({ length: spareRows }, () => ({ name: '', value: '' }));
  const numbers = [
    {
      name: 'requestsPerSecond',
      label: 'Requests a second',
      empty: 'no limit',
      hint: '1 to 1,000. A receiver that is back after a pause is sent what waited at this pace.',
    },
    {
      name: 'concurrency',
      label: 'Requests at once',
      empty: String(endpointConcurrency),
      hint: '1 to 64, in flight at the same time.',
    },
    {
      name: 'timeoutSeconds',
      label: 'Timeout in seconds',
      empty: duration(deliveryTimeout).replace(/ s$/, ''),
      hint: '1 to 60. An attempt that takes longer has failed and is retried.',
    },
  ];
  const hasOrder = isOrdered(type);
  return {
    headers: [...given, ...spare].map((row) => ({
      ...row,
      isStored: known.has(row.name.toLowerCase()),
      error: row.name === '' ? undefined : errors[`headers.${row.name}`],
    })),
    numbers,
    hasOrder,
    // What is refused was typed: it is open then, too.
    isOpen:
      given.length > 0 ||
      numbers.some(({ name }) => (values[name] ?? '') !== '') ||
      (hasOrder && !values.inOrder),
  };
}

function sendingFrom(body: Body, type: string): Body {
  if (type === 'sync.trigger') return {};
  return {
    headers: headersFrom(rowsOf(body.headers)),
    requestsPerSecond: numberOrNull(body.requestsPerSecond),
    concurrency: numberOrNull(body.concurrency),
    timeoutSeconds: numberOrNull(body.timeoutSeconds),
    ...(isOrdered(type) && { inOrder: body.inOrder === 'on' }),
  };
}

/** A value that is empty keeps the stored one. */
function headersFrom(rows: Row[]): Record<string, string | null> {
  const names = rows.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new Invalid([
      { path: `headers.${twice}`, message: `${twice || 'A header without a name'} is there twice` },
    ]);
  return Object.fromEntries(rows.map(({ name, value }) => [name, value || null]));
}

/** A row that was emptied is a header that was removed. */
function rowsOf(given: unknown): Row[] {
  return Object.values((given ?? {}) as Record<string, Partial<Row> | undefined>)
    .map((row) => ({ name: text(row?.name), value: text(row?.value) }))
    .filter(({ name, value }) => name !== '' || value !== '');
}

const numberOrNull = (value: unknown) => (text(value) === '' ? null : Number(text(value)));
const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');
