import cronstrue from 'cronstrue';
import type { SyncedAll } from './service.js';

const presets: Record<string, string> = { hourly: 'every hour', daily: 'every day', weekly: 'every week' };

export function scheduleInWords(schedule: string | null): string {
  if (schedule === null) return 'never';
  return presets[schedule] ?? `${cronstrue.toString(schedule, { use24HourTimeFormat: true })} (${schedule})`;
}

const mostNamed = 5;

/** `2 syncs are queued. Skipped: “Prices”, for it is disabled.` */
export function allInWords({ queued, skipped }: SyncedAll): string {
  const asked = queued.length === 1 ? '1 sync is queued.' : `${queued.length || 'No'} syncs are queued.`;
  if (skipped.length === 0) return asked;
  const named = skipped.slice(0, mostNamed).map(({ name, why }) => `“${name}”, for ${why}`);
  const others = skipped.length - named.length;
  return `${asked} Skipped: ${named.join('; ')}${others > 0 ? `; and ${others} more` : ''}.`;
}
