// Draws how long syncs took: what the table beside a [data-durations] says, the oldest first.
// A module: it runs once, however often its pages come back.
const charts = new Map();
const darkness = matchMedia('(prefers-color-scheme: dark)');
const minute = 60_000;
const hour = 60 * minute;
let library = null;

const chartLibrary = () => {
  library ??= import(new URL(`vendor/chart.js${new URL(import.meta.url).search}`, import.meta.url));
  return library.then(() => globalThis.Chart);
};

const few = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const time = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

function duration(ms) {
  if (ms < 1000) return `${few.format(ms)} ms`;
  if (ms < minute) return `${few.format(ms / 1000)} s`;
  return ms < hour ? `${few.format(ms / minute)} min` : `${few.format(ms / hour)} h`;
}

// Colours of the page's own style sheet, as they are now.
function colourOf(canvas, css) {
  const probe = canvas.parentNode.appendChild(document.createElement('i'));
  probe.className = `swatch ${css}`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function syncsOf(place) {
  const rows = place.parentNode.querySelectorAll('tr[data-took]');
  return [...rows].reverse().map(({ dataset }) => ({ ...dataset, took: Number(dataset.took) }));
}

function drawn(canvas, syncs) {
  const [good, bad] = [colourOf(canvas, 'delivered'), colourOf(canvas, 'failed')];
  return {
    labels: syncs.map(({ at }) => time.format(Number(at))),
    datasets: [
      {
        data: syncs.map(({ took }) => took),
        backgroundColor: syncs.map(({ status }) => (status === 'failed' ? bad : good)),
        maxBarThickness: 24,
        minBarLength: 2,
      },
    ],
  };
}

function optionsOf(canvas, syncs) {
  const [text, grid] = [colourOf(canvas, 'text'), colourOf(canvas, 'grid')];
  return {
    animation: false,
    maintainAspectRatio: false,
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: { grid: { display: false }, ticks: { color: text, maxRotation: 0, autoSkipPadding: 16 } },
      y: {
        beginAtZero: true,
        border: { display: false },
        grid: { color: grid },
        ticks: { color: text, maxTicksLimit: 4, callback: (ms) => (ms === 0 ? '0' : duration(ms)) },
      },
    },
    plugins: {
      legend: { display: false },
      tooltip: {
        callbacks: { label: ({ dataIndex, raw }) => `${syncs[dataIndex].status}, took ${duration(raw)}` },
      },
    },
  };
}

async function draw() {
  for (const [canvas, chart] of charts) {
    if (canvas.isConnected) continue;
    chart.destroy();
    charts.delete(canvas);
  }
  if (!document.querySelector('[data-durations]')) return;
  const Chart = await chartLibrary();
  for (const place of document.querySelectorAll('[data-durations]')) {
    const canvas = place.querySelector('canvas');
    const syncs = syncsOf(place);
    const data = drawn(canvas, syncs);
    const options = optionsOf(canvas, syncs);
    const chart = charts.get(canvas);
    if (chart) Object.assign(chart, { data, options }).update('none');
    else charts.set(canvas, new Chart(canvas, { type: 'bar', data, options }));
  }
}

document.addEventListener('htmx:afterSettle', draw);
darkness.addEventListener('change', draw);
draw();
