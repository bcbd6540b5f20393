import type { Request } from 'express';
import { duration } from '../http/locals.js';
import { type Range, ranges } from './range.js';
import type { Figures, Point, Tally } from './service.js';

type Key = { name: string; css: string; value: string };
type Row = { at: string; label: string; cells: string[] };

/** A chart: its legend with the numbers of the whole range, and the same as a table, the latest first. */
export type Chart = {
  kind: string;
  title: string;
  note: string;
  legend: Key[];
  columns: string[];
  rows: Row[];
};

export type Panel = ReturnType<typeof panelOf>;

const whole = new Intl.NumberFormat('en');
const time = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

const ms = (value: number | null) => (value === null ? '–' : duration(value));
const dueFor = (value: number | null) => (value ? duration(value) : '–');

/**
 * What views/figures/panel.ejs shows: figures in words, for the page at `path`, whose other choices stay as they are
 * when another range is chosen. `hasAny`: something was counted once, in whatever range.
 */
export function panelOf(figures: Figures, { originalUrl }: Request, path: string, hasAny: boolean) {
  const { range, total, backlog } = figures;
  const query = (shown: Range) => {
    const { searchParams } = new URL(originalUrl, 'http://localhost');
    searchParams.set('range', shown);
    return searchParams;
  };
  const isEmpty = total.delivered + total.retried + total.failed === 0 && !figures.points.some(hasWaited);
  return {
    source: `${path === '/app' ? '/app/figures.json' : `${path}/figures.json`}?range=${range}`,
    words: ranges[range].words,
    each: ranges[range].each,
    ranges: Object.entries(ranges).map(([name, { short }]) => ({
      short,
      isShown: name === range,
      href: `${path}?${query(name as Range)}`,
    })),
    empty: isEmpty ? (hasAny ? `No deliveries in the ${ranges[range].words}.` : 'No deliveries yet.') : null,
    charts: [outcomes(figures, total), latency(figures, total), backlogOf(figures, backlog)],
  };
}

const hasWaited = ({ waiting }: Point) => waiting > 0;

function outcomes(figures: Figures, { delivered, retried, failed }: Tally): Chart {
  return {
    kind: 'outcomes',
    title: 'Deliveries by outcome',
    note: 'Each attempt. Retried: it failed and is tried again. Failed: it was the last.',
    legend: [
      { name: 'Delivered', css: 'delivered', value: whole.format(delivered) },
      { name: 'Retried', css: 'retried', value: whole.format(retried) },
      { name: 'Failed', css: 'failed', value: whole.format(failed) },
    ],
    columns: ['Delivered', 'Retried', 'Failed'],
    rows: rowsOf(figures, (point) => [point.delivered, point.retried, point.failed].map(whole.format)),
  };
}

function latency(figures: Figures, { p50Ms, p95Ms }: Tally): Chart {
  return {
    kind: 'latency',
    title: 'Latency of attempts',
    note: 'Half of them (p50) and 95 % (p95) took no longer, give or take a tenth.',
    legend: [
      { name: 'p50', css: 'p50', value: ms(p50Ms) },
      { name: 'p95', css: 'p95', value: ms(p95Ms) },
    ],
    columns: ['p50', 'p95'],
    rows: rowsOf(figures, (point) => [ms(point.p50Ms), ms(point.p95Ms)]),
  };
}

function backlogOf(figures: Figures, { waiting, oldestDueMs }: Figures['backlog']): Chart {
  return {
    kind: 'backlog',
    title: 'Backlog',
    note: 'The most seen waiting and the longest due, looked at each minute.',
    legend: [
      { name: 'Waiting', css: 'waiting', value: whole.format(waiting) },
      { name: 'Oldest due', css: 'oldest', value: dueFor(oldestDueMs) },
    ],
    columns: ['Most waiting', 'Longest due'],
    rows: rowsOf(figures, (point) => [whole.format(point.waiting), dueFor(point.oldestDueMs)]),
  };
}

function rowsOf({ points, stepMs }: Figures, cells: (point: Point) => string[]): Row[] {
  const format = stepMs < ranges['30d'].span ? time : date;
  return points.toReversed().map((point) => ({
    at: new Date(point.start).toISOString(),
    label: format.format(point.start),
    cells: cells(point),
  }));
}
