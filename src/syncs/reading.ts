import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { answering, type Finished, type Question, type Task, type Tidings } from './protocol.js';

type Main = {
  /** Answers what the worker asks; throws to end the reading. */
  answer: (question: Question) => Promise<unknown>;
  hear: (tidings: Tidings) => void;
};

/** Has a worker thread read a source. When the signal aborts, or a question cannot be answered, the thread is ended. */
export async function reading(
  pool: Piscina,
  task: Omit<Task, 'port'>,
  { answer, hear }: Main,
  signal: AbortSignal,
): Promise<Finished> {
  const { port1: ours, port2: theirs } = new MessageChannel();
  const failure = new AbortController();
  const inHand = new Set<Promise<unknown>>();
  answering(ours, {
    hear,
    failed: (error) => failure.abort(error),
    answer: (question) => {
      const answered = answer(question);
      inHand.add(answered);
      const done = () => inHand.delete(answered);
      answered.then(done, done);
      return answered;
    },
  });
  try {
    return (await pool.run(
      { ...task, port: theirs },
      { name: 'read', transferList: [theirs], signal: AbortSignal.any([signal, failure.signal]) },
    )) as Finished;
  } catch (error) {
    signal.throwIfAborted();
    throw failure.signal.aborted ? failure.signal.reason : error;
  } finally {
    ours.close();
    // What it asked last may still be written.
    await Promise.allSettled(inHand);
  }
}
