import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';

export type Machine = {
  cpu: string;
  cores: number;
  /** In GB. */
  memory: number;
  kernel: string;
  node: string;
};

export const machine = (): Machine => ({
  cpu: cpus()[0]!.model.trim(),
  cores: cpus().length,
  memory: Math.round(totalmem() / 1e9),
  kernel: `${type()} ${release()} ${arch()}`,
  node: process.version,
});

/** How many processes wanted to run in the minute before; what is measured at more than a few tenths is not exact. */
export const load = () => Math.round(loadavg()[0]! * 10) / 10;

export const inOneLine = ({ cpu, cores, memory, kernel, node }: Machine) =>
  `${cpu}, ${cores} cores, ${memory} GB, ${kernel}, Node ${node}`;
