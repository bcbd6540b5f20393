import { spawnSync } from 'node:child_process';
import { temporaryFolder } from '../support/processes.js';
import type { Context } from './scenario.js';

/** A disk of 24 MB in memory, which only root may mount; null where that is not allowed. */
export function smallDisk({ later, note }: Pick<Context, 'later' | 'note'>) {
  const folder = temporaryFolder();
  const mount = (...options: string[]) => spawnSync('mount', [...options, folder]).status === 0;
  if (!mount('-t', 'tmpfs', '-o', 'size=24m', 'hookbell-faults')) {
    note('left out: only root may mount the small disk that it needs');
    return null;
  }
  later(() => spawnSync('umount', ['--lazy', folder]));
  return {
    folder,
    /** Makes it read-only, or writable again. */
    setReadOnly: (isSo: boolean) => mount('-o', `remount,${isSo ? 'ro' : 'rw'}`),
  };
}
