import { hash } from 'node:crypto';

const fewest = 1024;

/**
 * Keys, as 64 bits of their hash in a flat table: half a million take 8 MB, where a `Set` of them takes 60. Two of a
 * million keys are taken for one in 1 of 40 million cases.
 */
export function keySet() {
  let table = new Uint32Array(2 * fewest);
  let size = 0;

  function slotOf(high: number, low: number): number {
    const slots = table.length / 2;
    let slot = low & (slots - 1);
    while (table[2 * slot] !== 0 && (table[2 * slot] !== high || table[2 * slot + 1] !== low)) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  }

  function put(slot: number, high: number, low: number): void {
    table[2 * slot] = high;
    table[2 * slot + 1] = low;
  }

  function grow(): void {
    const old = table;
    table = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += 2) {
      const [high, low] = [old[at]!, old[at + 1]!];
      if (high !== 0) put(slotOf(high, low), high, low);
    }
  }

  return {
    /** False when it was there already. */
    add(key: string): boolean {
      const digest = hash('sha1', key, 'buffer');
      // Zero means an empty slot.
      const high = digest.readUInt32LE(0) || 1;
      const low = digest.readUInt32LE(4);
      const slot = slotOf(high, low);
      if (table[2 * slot] !== 0) return false;
      put(slot, high, low);
      size += 1;
      if (size * 4 > table.length) grow();
      return true;
    },
  };
}

export type KeySet = ReturnType<typeof keySet>;
