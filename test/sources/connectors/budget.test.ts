import { Worker } from 'node:worker_threads';
import { deflateSync } from 'node:zlib';
import { expect } from 'chai';

describe('a budget of memory', () => {
  const module = new URL('../../../src/sources/connectors/parsers/budget.js', import.meta.url).href;

  /** What a thread of its own says after `work`, allowed 40 MB. */
  const said = (work: string, workerData?: Uint8Array) =>
    new Promise((resolve, reject) => {
      const code = `
        import { parentPort, workerData } from 'node:worker_threads';
        import { budget } from ${JSON.stringify(module)};
        const MB = 1024 * 1024;
        const memory = budget();
        memory.allow(40 * MB);
        const attempt = (work) => { try { return work(); } catch (error) { return error.name; } };
        parentPort.postMessage(await (async () => { ${work} })());`;
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData });
      worker.once('message', resolve).once('error', reject);
    });

  it('refuses arrays beyond it, of any kind, until more is allowed', async () => {
    const answer = await said(`
      const first = new Uint8Array(30 * MB);
      const refused = [Uint8Array, Uint8ClampedArray, Uint16Array, Int32Array, Uint32Array, Float32Array]
        .map((Kind) => attempt(() => new Kind(20 * MB / Kind.BYTES_PER_ELEMENT).length));
      const wasSpent = memory.isSpent();
      memory.allow(100 * MB);
      return { refused, wasSpent, isSpent: memory.isSpent(), later: new Uint8Array(20 * MB).length + first.length };
    `);

    expect(answer).to.deep.equal({
      refused: Array(6).fill('RangeError'),
      wasSpent: true,
      isSpent: false,
      later: 50 * 1024 * 1024,
    });
  });

  it('counts many small ones', async () => {
    const answer = await said(`
      const kept = [];
      const result = attempt(() => { for (let n = 0; n < 1000; n++) kept.push(new Uint8Array(100_000)); });
      return [result, kept.length < 500];
    `);

    expect(answer).to.deep.equal(['RangeError', true]);
  });

  it('ends what unpacks to more', async () => {
    // Packed here: the thread would count what it has packed until that is collected, whenever that is.
    const packed = deflateSync(Buffer.alloc(300 * 1024 * 1024, 'x'));
    const answer = await said(
      `
      const { readable, writable } = new DecompressionStream('deflate');
      const writer = writable.getWriter();
      writer.write(workerData).then(() => writer.close()).catch(() => undefined);
      const chunks = [];
      try {
        for await (const chunk of readable) chunks.push(chunk);
        return 'all of it';
      } catch (error) {
        return [error.name, chunks.reduce((sum, { length }) => sum + length, 0) < 100 * MB];
      }
    `,
      packed,
    );

    expect(answer).to.deep.equal(['RangeError', true]);
  });

  it('leaves typed arrays what they are', async () => {
    const answer = await said(`
      class Own extends Uint8Array {}
      const own = new Own(3);
      return [
        new Uint8Array([1, 2]) instanceof Uint8Array, Buffer.from('a') instanceof Uint8Array, own instanceof Own,
        own.length, new Uint8Array(new ArrayBuffer(8), 2).length, Uint8Array.from([1, 2, 3]).length,
      ];
    `);

    expect(answer).to.deep.equal([true, true, true, 3, 6, 3]);
  });
});
