// Draws what [data-figures] leads to. A module: it runs once, however often its pages come back.
// Every number that it draws also stands in a table of the same page.
const charts = new Map();
const darkness = matchMedia('(prefers-color-scheme: dark)');
const pause = 2000;
const hour = 3_600_000;
const day = 24 * hour;
let library = null;
let shown = null;
let timer = null;

// Loaded with the first chart.
const chartLibrary = () => {
  library ??= import(new URL(`vendor/chart.js${new URL(import.meta.url).search}`, import.meta.url));
  return library.then(() => globalThis.Chart);
};

// Steps that people count in.
const [second, minute] = [1000, 60_000];
const steps = [
  [1, 2, 5, 10, 20, 50, 100, 200, 500],
  [1, 2, 5, 10, 15, 30].map((count) => count * second),
  [1, 2, 5, 10, 15, 30].map((count) => count * minute),
  [1, 2, 3, 6, 12].map((count) => count * hour),
  [1, 2, 5, 10, 20].map((count) => count * day),
].flat();

const whole = new Intl.NumberFormat('en');
const few = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

function duration(ms) {
  if (ms < 1000) return `${few.format(ms)} ms`;
  if (ms < 60_000) return `${few.format(ms / 1000)} s`;
  if (ms < hour) return `${few.format(ms / 60_000)} min`;
  return ms < 2 * day ? `${few.format(ms / hour)} h` : `${few.format(ms / day)} d`;
}

// As the tables have it: days are days of UTC.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

function tick(point, step) {
  const start = new Date(point.start);
  return step < 2 * hour ? clock.format(start) : date.format(start);
}

function title(point, step) {
  const start = new Date(point.start);
  if (step >= day) return date.format(start);
  return `${date.format(start)}, ${clock.format(start)}–${clock.format(+start + step)} UTC`;
}

const bars = (field, label, css) => ({ type: 'bar', field, label, css, stack: 'all', say: whole.format });
const line = (field, label, css, more = {}) => ({ type: 'line', field, label, css, say: duration, ...more });

const kinds = {
  outcomes: [
    bars('delivered', 'Delivered', 'delivered'),
    bars('retried', 'Retried', 'retried'),
    bars('failed', 'Failed', 'failed'),
  ],
  latency: [line('p50Ms', 'p50', 'p50'), line('p95Ms', 'p95', 'p95', { borderDash: [5, 3] })],
  backlog: [
    line('oldestDueMs', 'Longest due', 'oldest', { yAxisID: 'age', borderDash: [5, 3] }),
    bars('waiting', 'Most waiting', 'waiting'),
  ],
};

// Colours of the page's own style sheet, as they are now.
function colourOf(canvas, css) {
  const probe = canvas.parentNode.appendChild(document.createElement('i'));
  probe.className = `swatch ${css}`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function scale(say, colours, more = {}) {
  return {
    beginAtZero: true,
    border: { display: false },
    grid: { color: colours.grid },
    ticks: { color: colours.text, maxTicksLimit: 5, precision: 0, callback: (value) => say(value) },
    ...more,
  };
}

function ages(points, fields, colours, more = {}) {
  const longest = Math.max(...points.flatMap((point) => fields.map((field) => point[field] ?? 0)));
  const stepSize = steps.find((step) => longest / step <= 4) ?? 50 * day;
  const { ticks, ...rest } = scale((ms) => (ms === 0 ? '0' : duration(ms)), colours, more);
  return { ...rest, ticks: { ...ticks, stepSize }, suggestedMax: stepSize };
}

function scalesOf(kind, { points }, colours) {
  const x = {
    stacked: true,
    grid: { display: false },
    border: { color: colours.grid },
    ticks: { color: colours.text, maxRotation: 0, autoSkipPadding: 12 },
  };
  if (kind === 'latency') return { x, y: ages(points, ['p50Ms', 'p95Ms'], colours) };
  const y = scale(whole.format, colours, { stacked: true, suggestedMax: 4 });
  if (kind === 'outcomes') return { x, y };
  const side = { position: 'right', grid: { display: false } };
  return { x, y, age: ages(points, ['oldestDueMs'], colours, side) };
}

function optionsOf(kind, data, colours) {
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales: scalesOf(kind, data, colours),
    plugins: {
      legend: { display: false },
      tooltip: {
        callbacks: {
          title: ([{ dataIndex }]) => title(data.points[dataIndex], data.stepMs),
          label: ({ dataset, raw }) => `${dataset.label}: ${raw === null ? '–' : dataset.say(raw)}`,
        },
      },
    },
  };
}

function datasetOf(canvas, { css, field, ...look }, points) {
  const colour = colourOf(canvas, css);
  return {
    ...look,
    data: points.map((point) => point[field]),
    borderColor: colour,
    backgroundColor: colour,
    borderWidth: look.type === 'line' ? 2 : 0,
    pointRadius: 1.5,
    pointHitRadius: 8,
    spanGaps: true,
  };
}

function show(Chart, canvas, data) {
  const kind = canvas.dataset.chart;
  const colours = { text: colourOf(canvas, 'text'), grid: colourOf(canvas, 'grid') };
  const drawn = {
    labels: data.points.map((point) => tick(point, data.stepMs)),
    datasets: kinds[kind].map((look) => datasetOf(canvas, look, data.points)),
  };
  const options = optionsOf(kind, data, colours);
  const chart = charts.get(canvas);
  if (!chart) return charts.set(canvas, new Chart(canvas, { type: 'bar', data: drawn, options }));
  chart.data.labels = drawn.labels;
  chart.data.datasets = drawn.datasets;
  chart.options = options;
  chart.update('none');
}

const section = () => document.querySelector('[data-figures]');
const canvases = () => section()?.querySelectorAll('canvas[data-chart]') ?? [];

async function draw() {
  const source = section()?.dataset.figures;
  if (!source || canvases().length === 0) return;
  const [Chart, answer] = await Promise.all([
    chartLibrary(),
    fetch(source, { headers: { Accept: 'application/json' } }),
  ]).catch(() => []);
  // Nothing is drawn of a page that was left meanwhile, nor while the server is out of order.
  if (!answer?.ok || answer.redirected) return;
  const data = await answer.json();
  if (section()?.dataset.figures !== source) return;
  shown = source;
  for (const canvas of canvases()) show(Chart, canvas, data);
}

// A page that is renewed with each delivery is not asked for its figures each time.
function look() {
  for (const [canvas, chart] of charts) {
    if (canvas.isConnected) continue;
    chart.destroy();
    charts.delete(canvas);
  }
  const isNew = [...canvases()].some((canvas) => !charts.has(canvas)) || section()?.dataset.figures !== shown;
  if (!section()) return;
  if (isNew) return draw();
  if (timer) return;
  timer = setTimeout(() => {
    timer = null;
    draw();
  }, pause);
}

// A table that somebody opened stays open when its page is renewed.
let opened = [];
document.addEventListener('htmx:beforeSwap', () => {
  opened = [...document.querySelectorAll('[data-figures] details[open]')].map(({ id }) => id);
});
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  if (detail.boosted) return;
  for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
});

document.addEventListener('htmx:afterSettle', look);
darkness.addEventListener('change', draw);
look();
