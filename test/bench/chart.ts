import { type Bars, rounded } from './report.js';

const width = 720;
const names = 190;
const figures = 60;
const bar = 18;
const step = 26;
const heading = 44;
const lengthOf = (value: number, most: number) =>
  Math.max(1, Math.round((value / most) * (width - names - figures - 20)));

/** Bars side by side, a part for each comparison; the captions stand below. Readable on light and on dark pages. */
export function chart(parts: Bars[], captions: string[]): string {
  let y = 8;
  const drawn = parts.map((part) => {
    const text = drawnPart(part, y);
    y += heading + part.bars.length * step;
    return text;
  });
  const below = captions.map((caption, n) => line(caption, y + 26 + n * 18, 'small'));
  const height = y + 34 + captions.length * 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(parts.map(({ title }) => title).join('; '))}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2937; }
.title { font-weight: 600; font-size: 14px; }
.small { font-size: 11px; fill: #6b7280; }
.other { fill: #9ca3af; }
.ours { fill: #066fd1; }
</style>
<rect width="100%" height="100%" rx="6" fill="#ffffff"/>
${[...drawn, ...below].join('\n')}
</svg>
`;
}

function drawnPart({ title, bars }: Bars, top: number): string {
  const most = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ name, value, ours }, n) => {
    const y = top + heading - 8 + n * step;
    const length = lengthOf(value, most);
    const middle = y + bar - 5;
    return `<text x="${names - 8}" y="${middle}" text-anchor="end">${escaped(name)}</text>
<rect class="${ours ? 'ours' : 'other'}" x="${names}" y="${y}" width="${length}" height="${bar}" rx="2"/>
<text x="${names + length + 6}" y="${middle}">${rounded(value).toLocaleString('en')}</text>`;
  });
  return [line(title, top + 22, 'title'), ...rows].join('\n');
}

const line = (text: string, y: number, kind: string) =>
  `<text class="${kind}" x="12" y="${y}">${escaped(text)}</text>`;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
