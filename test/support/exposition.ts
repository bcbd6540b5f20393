export type Sample = { name: string; labels: Record<string, string>; value: number };
export type Family = { name: string; help: string; type: string; samples: Sample[] };

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const suffixes: Record<string, string[]> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
  counter: [''],
  gauge: [''],
};

/**
 * Reads Prometheus' text format 0.0.4 strictly: each family once, as a whole, with HELP and TYPE before its samples,
 * no series twice, and histograms that add up. Throws what is wrong.
 */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const series = new Set<string>();
  let help: string | null = null;
  let family: Family | null = null;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# HELP ')) {
      const [, name = '', words = ''] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
      if (!name || families.has(name)) throw new Error(`not a HELP, or a second one: ${line}`);
      [help, family] = [`${name} ${words}`, null];
    } else if (line.startsWith('# TYPE ')) {
      const [, name = '', type = ''] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
      if (!help?.startsWith(`${name} `)) throw new Error(`TYPE without its HELP before it: ${line}`);
      family = { name, help: help.slice(name.length + 1), type, samples: [] };
      families.set(name, family);
    } else {
      const sample = readSample(line);
      if (!family) throw new Error(`a sample of no family: ${line}`);
      const known = suffixes[family.type]!.map((suffix) => `${family!.name}${suffix}`);
      if (!known.includes(sample.name)) throw new Error(`${line} among those of ${family.name}`);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (series.has(key)) throw new Error(`twice: ${line}`);
      series.add(key);
      family.samples.push(sample);
    }
  }
  for (const one of families.values()) if (one.type === 'histogram') checkHistogram(one);
  return families;
}

function readSample(line: string): Sample {
  const [, name, inner = '', given] = sampleLine.exec(line) ?? [];
  if (!name || !given) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < inner.length) {
    const [, key, value] = label.exec(inner) ?? [];
    if (key === undefined || value === undefined || key in labels) throw new Error(`wrong labels: ${line}`);
    labels[key] = value.replace(/\\(.)/g, (_all, one) => (one === 'n' ? '\n' : one));
  }
  return { name, labels, value: readValue(given) };
}

function readValue(given: string): number {
  if (given === '+Inf') return Number.POSITIVE_INFINITY;
  if (given === '-Inf') return Number.NEGATIVE_INFINITY;
  // Prometheus takes any case of it, and the client that we use writes “Nan”.
  if (/^nan$/i.test(given)) return Number.NaN;
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(given)) throw new Error(`no number: ${given}`);
  return Number(given);
}

/** Buckets are cumulative, and the last one, `+Inf`, is the count. */
function checkHistogram({ name, samples }: Family): void {
  const groups = new Map<string, { le: number; value: number }[]>();
  const counts = new Map<string, number>();
  for (const { name: sample, labels, value } of samples) {
    const { le, ...rest } = labels;
    const group = JSON.stringify(rest);
    if (sample === `${name}_bucket`)
      groups.set(group, [...(groups.get(group) ?? []), { le: readValue(le!), value }]);
    if (sample === `${name}_count`) counts.set(group, value);
  }
  if (groups.size !== counts.size) throw new Error(`${name} has counts without buckets`);
  for (const [group, buckets] of groups) {
    buckets.forEach(({ le, value }, index) => {
      const before = buckets[index - 1];
      if (before && (before.le >= le || before.value > value)) throw new Error(`${name} is not cumulative`);
    });
    const last = buckets.at(-1)!;
    if (last.le !== Number.POSITIVE_INFINITY || last.value !== counts.get(group))
      throw new Error(`${name}: +Inf is not the count`);
  }
}
