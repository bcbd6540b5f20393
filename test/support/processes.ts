import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

type Finished = { code: number | null; signal: string | null; stdout: string; stderr: string };
export type Program = {
  child: ChildProcess;
  /** What it printed on stdout so far. */
  printed: () => string;
  /** What it printed on stderr so far. */
  complained: () => string;
  finished: Promise<Finished>;
};

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is gone when the tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'hookbell-'));
  folders.push(folder);
  return folder;
}

/** Starts a program in the root of the project, with this environment and nothing of Hookbell's from ours. */
export function program(command: string, args: string[], env: Record<string, string> = {}): Program {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, args, { cwd: root, env: { PATH, HOME, ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, printed: () => stdout, complained: () => stderr, finished };
}

/** The command line, to its end. */
export const cli = (args: string[], env: Record<string, string>) =>
  program('node', ['dist/src/cli.js', ...args], env).finished;

/** The server. */
export const serve = (env: Record<string, string>) => program('node', ['dist/src/main.js'], env);

/** A port that was free just now. */
export async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
