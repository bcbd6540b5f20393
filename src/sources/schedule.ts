import { CronExpressionParser } from 'cron-parser';
import { z } from 'zod';

const intervals: Record<string, number> = {
  hourly: 3_600_000,
  daily: 24 * 3_600_000,
  weekly: 7 * 24 * 3_600_000,
};

const takes = 'Takes hourly, daily, weekly or a cron line of five fields such as 30 4 * * 1-5';

/** `null`, `hourly`, `daily`, `weekly`, or minute, hour, day of month, month, day of week as cron(5) has them. */
export const schedule = z
  .string(takes)
  .trim()
  .max(200, takes)
  .transform((text, context) => {
    const line = text.split(/\s+/).join(' ');
    if (line in intervals) return line;
    if (line.split(' ').length === 5 && !line.includes('?') && next(line, 0) !== null) return line;
    context.addIssue(takes);
    return z.NEVER;
  })
  .nullable()
  .meta({
    description: 'hourly, daily, weekly or a cron line of five fields, in the time zone of the server',
  });

/**
 * The next time after `at` (ms). An interval goes on from `since`, when the schedule was set or last due, so that
 * sources that were made at different times do not all run at once.
 */
export function nextAt(line: string, since: number, at: number): number | null {
  const interval = intervals[line];
  if (interval === undefined) return next(line, at);
  return since + interval * (Math.floor(Math.max(0, at - since) / interval) + 1);
}

/** Null for what is no cron line, or has no next time: the 31st of February. */
function next(line: string, at: number): number | null {
  try {
    return CronExpressionParser.parse(line, { currentDate: new Date(at) })
      .next()
      .getTime();
  } catch {
    return null;
  }
}
