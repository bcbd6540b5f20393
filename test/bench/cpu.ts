import { readdirSync, readFileSync } from 'node:fs';

const ticksASecond = 100;

/** The processor time (ms) that a process and all its threads have used (proc(5), stat). */
export const cpuOf = (pid: number): number => timesOf(pid)?.own ?? 0;

/** The same of a process with those that it has started: also those that have ended by now. */
export function cpuOfFamily(pid: number): number {
  const times = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => timesOf(Number(name)) ?? []);
  const parent = times.find((one) => one.pid === pid);
  const children = times.filter((one) => one.parent === pid);
  return children.reduce((sum, { own }) => sum + own, (parent?.own ?? 0) + (parent?.ofEnded ?? 0));
}

/** The memory that a process holds now and held at most, in MB. */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) / 1024;
  return { now: of('VmRSS'), most: of('VmHWM') };
}

function timesOf(pid: number) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const ms = (index: number) => (Number(fields[index]) / ticksASecond) * 1000;
    return { pid, parent: Number(fields[1]), own: ms(11) + ms(12), ofEnded: ms(13) + ms(14) };
  } catch {
    // It has ended since it was listed.
    return null;
  }
}
