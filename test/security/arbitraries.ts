import fc from 'fast-check';

/** A value that is sent in place of what a schema asks for: of another type, too long, or meant to break something. */
const hostileText = fc.constantFrom(
  '',
  '\0',
  '\ud800',
  '\u202e💥',
  '__proto__',
  'constructor',
  'toString',
  "'; DROP TABLE bots; --",
  '<script>hit()</script>',
  '<%= process.env %>',
  '../../../etc/passwd',
  '%00%ff',
  'a'.repeat(10_000),
  `${'('.repeat(2000)}${'a'.repeat(2000)}!`,
  '9'.repeat(400),
  '2026-02-30T25:61:61Z',
);

const hostile = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, -1, 0.5, 1e308, 2 ** 53, -0, [], {}, [[]], [null], { toString: 1 }),
  fc.jsonValue(),
);

const addresses = fc.constantFrom(
  'http://127.0.0.1:9/hook',
  'http://localhost:9/',
  'http://10.0.0.1/',
  'http://[::1]:9/',
  'http://2130706433/',
  'http://user:word@127.0.0.1/',
  'http://127.0.0.1:99999/',
  'javascript:hit()',
  'file:///etc/passwd',
  'http://',
);

/** By the names of fields whose schema says no more than `string`. */
const known: Record<string, fc.Arbitrary<string>> = {
  url: addresses,
  baseUrl: addresses,
  schedule: fc.constantFrom('hourly', 'daily', '*/5 * * * *', '99 99 * * *', '* * * * * *', 'x'),
  selector: fc.constantFrom('main', 'a:has(', ':not(:not(a))', '*'.repeat(400)),
  include: fc.constantFrom('/**', '!(a|b)', `${'{a,'.repeat(50)}b`, '*'.repeat(300)),
  cursor: fc.constantFrom('WzFd', 'W10', 'bnVsbA', 'WyJhIl0', 'Wzk5OTk5OTk5OTk5OTk5OTk5OTld', '%'),
  after: fc.constantFrom('MQ', 'x', '-1', '999999999999999999999'),
  // Longer ones are what they say: the answer waits.
  wait: fc.constantFrom('0', '-1', 'x', '31'),
};

/** Half of a pair, too. fast-check's own `binary` makes a table of a million first. */
const anyLetter = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

type Schema = {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
};

/** What a schema of the document asks for; `ids` stands for what is an id of something. */
export function valid(schema: Schema, name: string, ids: (name: string) => fc.Arbitrary<string>) {
  return of(schema, name);

  function of(schema: Schema, name: string): fc.Arbitrary<unknown> {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const either = schema.anyOf ?? schema.oneOf;
    if (either) return fc.oneof(...either.map((one) => of(one, name)));
    if (schema.type === 'object') return object(schema);
    if (schema.type === 'array') {
      const { minItems = 0, maxItems = 5 } = schema;
      return fc.array(of(schema.items ?? {}, name), {
        minLength: minItems,
        maxLength: Math.min(5, maxItems),
      });
    }
    if (schema.type === 'integer') return fc.integer(bounds(schema));
    if (schema.type === 'number') {
      const { min, max } = bounds(schema);
      return fc.double({ min, max, noNaN: true });
    }
    if (schema.type === 'boolean') return fc.boolean();
    if (schema.type === 'null') return fc.constant(null);
    if (schema.type === 'string') return text(schema, name);
    return fc.jsonValue();
  }

  function object({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
    const fields = Object.entries(properties).map(([name, inner]) => [name, of(inner, name)]);
    if (fields.length === 0 && typeof additionalProperties === 'object')
      return fc.dictionary(fc.stringMatching(/^[\w-]{1,12}$/), of(additionalProperties, ''), { maxKeys: 4 });
    return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: required,
    });
  }

  function text({ minLength = 0, maxLength = 60, pattern, format }: Schema, name: string) {
    if (/(^id$|Id$|Ids$)/.test(name)) return ids(name);
    if (known[name]) return known[name];
    if (format === 'uri') return addresses;
    if (format === 'email') return fc.constantFrom('eve@example.com', 'a.b+c@sub.example.org');
    if (format === 'date-time')
      return fc.constantFrom('2026-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z');
    if (pattern) return fc.stringMatching(new RegExp(pattern)).map((text) => text.padEnd(minLength, 'a'));
    return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60), unit: anyLetter });
  }
}

const bounds = ({ minimum = -1000, maximum = 1000 }: Schema) => ({
  min: minimum,
  max: Math.min(maximum, minimum + 2000),
});

/** JSON as text: what the schema asks for, or with something else in one place, or no JSON at all. */
export function bodyText(good: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const spoiled = fc.tuple(good, fc.nat(), hostile, fc.nat(5)).map(([body, place, evil, how]) => {
    const fields = Object.entries((body ?? {}) as object);
    const [name] = fields[place % Math.max(1, fields.length)] ?? ['name'];
    if (how === 0) fields.splice(place % Math.max(1, fields.length), 1);
    else if (how === 1) fields.push(['unknown', evil]);
    else if (how === 2)
      return `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${JSON.stringify(Object.fromEntries(fields)).slice(1)}`;
    else fields.push([name, evil]);
    return JSON.stringify(Object.fromEntries(fields));
  });
  const malformed = fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '{"a":1,}',
    '\0',
    '['.repeat(2000),
    `{"name":"${'x'.repeat(2_000_000)}"}`,
  );
  return fc.oneof(
    { weight: 5, arbitrary: good.map((body) => JSON.stringify(body)) },
    { weight: 5, arbitrary: spoiled },
    { weight: 1, arbitrary: malformed },
  );
}

/** The value of a query parameter, as it stands in an address. */
export const queryText = (good: fc.Arbitrary<unknown>): fc.Arbitrary<string> =>
  fc
    .oneof({ weight: 3, arbitrary: good.map(String) }, { weight: 1, arbitrary: hostileText })
    .map((text) => text.slice(0, 2000).toWellFormed());
