import type { Dispatcher } from 'undici';
import { onSent, setupOfFailed } from '../net/setup.js';
import type { Timings } from '../outbox/settle.js';

const read = 64 * 1024;
const kept = 16 * 1024;

export type Reply = {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  truncated: boolean;
};

/** It was not over in time, or this process stops. */
export class GivenUp extends Error {}

/** How long all of it may take, in ms, and what ends it before. */
export type Limits = { timeout: number; stopping: AbortSignal };

/** Fills `timings` in as far as it gets; they are of use also where it fails. */
export function exchange(
  agent: Dispatcher,
  request: Dispatcher.DispatchOptions,
  timings: Timings,
  { timeout, stopping }: Limits,
): Promise<Reply> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    let status = 0;
    let headers: Reply['headers'] = {};
    const chunks: Buffer[] = [];
    let size = 0;
    let running: Dispatcher.DispatchController | null = null;
    let isOver = false;
    const timer = setTimeout(giveUp, timeout);
    stopping.addEventListener('abort', giveUp);

    function end(): void {
      isOver = true;
      clearTimeout(timer);
      stopping.removeEventListener('abort', giveUp);
    }

    function giveUp(): void {
      const reason = new GivenUp();
      // Also while there is no connection yet, of which undici waits to hear.
      fail(reason);
      running?.abort(reason);
    }

    function fail(error: Error): void {
      end();
      reject(error);
    }

    function finish(): void {
      end();
      // PostgreSQL takes no NUL in a text.
      const text = Buffer.concat(chunks).subarray(0, kept).toString('utf8').replaceAll('\0', '�');
      resolve({ status, headers, text, truncated: size > kept });
    }

    agent.dispatch(request, {
      onRequestStart(controller) {
        if (isOver) return controller.abort(new GivenUp());
        running = controller;
        onSent((setup) => Object.assign(timings, setup, { reused: setup === null }));
      },
      onResponseStart(_controller, statusCode, answered) {
        // 100 and 103 come before the answer.
        if (statusCode < 200) return;
        timings.firstByteMs = performance.now() - began;
        status = statusCode;
        headers = answered;
      },
      /** Reads at most 64 KiB and keeps 16; a longer body is cut off with its connection. */
      onResponseData(controller, chunk) {
        if (size < kept) chunks.push(chunk);
        size += chunk.length;
        if (size < read) return;
        finish();
        controller.abort(new Error('read enough'));
      },
      onResponseEnd: finish,
      onResponseError(_controller, error) {
        Object.assign(timings, setupOfFailed(error));
        fail(error);
      },
    });
  });
}
