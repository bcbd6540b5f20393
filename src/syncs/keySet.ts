import { hash } from 'node:crypto';

const fewest = 1024;
/** High and low half of the key's hash, and what is there under the key. */
const width = 3;

/**
 * Keys, as 64 bits of their hash in a flat table, each with a number for what is there under it: half a million take
 * 12 MB, where a `Map` of them takes 70. Two of a million keys are taken for one in 1 of 40 million cases.
 */
export function keySet() {
  let table = new Uint32Array(width * fewest);
  let size = 0;

  function slotOf(high: number, low: number): number {
    const slots = table.length / width;
    let slot = low & (slots - 1);
    while (table[width * slot] !== 0 && (table[width * slot] !== high || table[width * slot + 1] !== low)) {
      slot = (slot + 1) & (slots - 1);
    }
    return slot;
  }

  const put = (slot: number, high: number, low: number, content: number) =>
    table.set([high, low, content], width * slot);

  function grow(): void {
    const old = table;
    table = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += width) {
      const [high, low, content] = [old[at]!, old[at + 1]!, old[at + 2]!];
      if (high !== 0) put(slotOf(high, low), high, low, content);
    }
  }

  return {
    /** `content`: 32 bits that tell what is there from other things; 0 when it is not known, and then it is the same. */
    add(key: string, content = 0): 'new' | 'same' | 'other' {
      const digest = hash('sha1', key, 'buffer');
      // Zero means an empty slot.
      const high = digest.readUInt32LE(0) || 1;
      const low = digest.readUInt32LE(4);
      const slot = slotOf(high, low);
      if (table[width * slot] !== 0) {
        const first = table[width * slot + 2]!;
        return first === content || first === 0 || content === 0 ? 'same' : 'other';
      }
      put(slot, high, low, content);
      size += 1;
      if (2 * width * size > table.length) grow();
      return 'new';
    },
  };
}

export type KeySet = ReturnType<typeof keySet>;
