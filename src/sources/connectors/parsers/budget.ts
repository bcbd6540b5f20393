/** Looking at what is in use takes time: it is done whenever this much more was asked for. */
const step = 8 * 1024 * 1024;

/**
 * Holds all typed arrays of this thread, together, to so many bytes as are allowed: more are refused as if there were no
 * memory left. The limit of a thread's heap does not count them, and a few bytes can unpack to gigabytes. For a thread
 * that does nothing but parse.
 */
export function budget() {
  let allowed = Number.POSITIVE_INFINITY;
  let isSpent = false;
  let asked = 0;

  function ask(size: number): void {
    asked += size;
    if (!isSpent && asked < step) return;
    asked = 0;
    isSpent ||= process.memoryUsage().arrayBuffers + size > allowed;
    if (isSpent) throw new RangeError('Array buffer allocation failed');
  }

  const kinds = { Uint8Array, Uint8ClampedArray, Uint16Array, Int32Array, Uint32Array, Float32Array };
  for (const [name, Kind] of Object.entries(kinds)) {
    const counted: object = new Proxy<typeof Kind>(Kind, {
      construct(Kind, given: unknown[], made): object {
        if (typeof given[0] === 'number') ask(given[0] * Kind.BYTES_PER_ELEMENT);
        return Reflect.construct(Kind, given, made === counted ? Kind : made);
      },
    });
    Object.assign(globalThis, { [name]: counted });
  }

  const Unpacking = DecompressionStream;
  Object.assign(globalThis, {
    DecompressionStream: function unpacking(format: 'deflate') {
      const { readable, writable } = new Unpacking(format);
      const counting = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, unpacked) {
          ask(chunk.byteLength);
          unpacked.enqueue(chunk);
        },
      });
      return { readable: readable.pipeThrough(counting), writable };
    },
  });

  return {
    allow: (bytes: number) => {
      allowed = bytes;
      isSpent = false;
    },
    /** Something was refused since. */
    isSpent: () => isSpent,
  };
}
