import type { Verdict } from '../sources/connectors/connector.js';
import { keySet } from './keySet.js';
import { type Line, line, mostListed } from './ledger.js';

/** What a source has and leaves out, as its connector tells: each address once, with the first reason. */
export function leftOut() {
  const addresses = keySet();
  const lines: Line[] = [];
  let count = 0;
  return {
    consider(address: string, { kind, why }: Verdict): void {
      if (kind === 'wanted' || kind === 'elsewhere') return;
      if (addresses.add(address) !== 'new') return;
      count += 1;
      if (lines.length < mostListed) lines.push(line('leftOut', address, '', why));
    },
    noted: () => ({ lines, leftOut: count }),
  };
}
