import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type Child = {
  pid: number;
  /** The next message; throws when the process ends instead. */
  next: <T>() => Promise<T>;
  tell: (message: object) => void;
  stop: () => Promise<void>;
};

/** A program in a process of its own. It is to end when it is told `{ stop: true }` or is left alone. */
export function startChild(program: URL, args: object): Child {
  const file = fileURLToPath(program);
  const child = fork(file, [JSON.stringify(args)]);
  const messages: unknown[] = [];
  let heard = () => {};
  child.on('message', (message) => {
    messages.push(message);
    heard();
  });
  child.once('exit', () => heard());
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid!,
    async next<T>() {
      while (messages.length === 0) {
        if (hasEnded()) throw new Error(`${file} ended by ${child.signalCode ?? child.exitCode}`);
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
      return messages.shift() as T;
    },
    tell: (message) => void child.send(message),
    stop: () => ended(child, hasEnded),
  };
}

async function ended(child: ChildProcess, hasEnded: () => boolean): Promise<void> {
  if (hasEnded()) return;
  const exit = once(child, 'exit');
  if (child.connected) child.send({ stop: true });
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await exit;
  clearTimeout(timer);
}

/** In the program: what it was started with. */
export const givenArgs = <T>() => JSON.parse(process.argv[2]!) as T;

/** In the program: answers each message in turn, and ends after `{ stop: true }`, or when whoever started it is gone. */
export function whenTold(hear: (message: never) => unknown, stop: () => unknown = () => {}): void {
  process.once('disconnect', () => process.exit(1));
  process.on('message', async (message: object) => {
    if (!('stop' in message)) return void (await hear(message as never));
    await stop();
    process.exit(0);
  });
}

export const tellParent = (message: object) => void process.send!(message);
