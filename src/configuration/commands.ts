import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { commandLine } from '../accounts/actor.js';
import type { Config } from '../config.js';
import { type FieldError, Refusal } from '../errors.js';
import { createHookbell } from '../hookbell.js';
import type { Change, Step } from './difference.js';
import { passphrase } from './passphrase.js';
import { type ConfigurationService, countsOf, isDone } from './service.js';

type Given = { file?: string; 'passphrase-file'?: string; 'dry-run'?: unknown };

/** The file, to be printed. */
export async function exportConfiguration(given: Given, config: Config): Promise<string> {
  const words = passphraseIn(given);
  if (words !== null) {
    const { error } = passphrase.safeParse(words);
    if (error) throw new Error(`The passphrase: ${error.issues[0]!.message}`);
  }
  const text = await withConfiguration(config, (configuration) =>
    configuration.export(words, commandLine, Date.now()),
  );
  return text.trimEnd();
}

/** Imports a file, or with `--dry-run` only looks; what was made of it, in lines. */
export async function importConfiguration(given: Given, config: Config): Promise<string> {
  const text = contentOf(given.file!);
  const words = passphraseIn(given);
  return withConfiguration(config, async (configuration) => {
    const opened = await configuration.open(text, words);
    const { steps, digest } = await configuration.look(opened, commandLine, Date.now());
    if (given['dry-run']) return inLines(steps, 'Nothing was changed: this was a dry run.');
    await configuration.import(opened, digest, commandLine, Date.now());
    return inLines(steps, isDone(steps) ? 'Nothing to change.' : 'Imported.');
  });
}

async function withConfiguration<T>(
  config: Config,
  work: (configuration: ConfigurationService) => Promise<T>,
): Promise<T> {
  const hookbell = await createHookbell(config, pino({ level: 'silent' }), Date.now);
  try {
    return await work(hookbell.configuration);
  } catch (error) {
    if (error instanceof Refusal && error.errors.length > 0)
      throw new Error(error.errors.map(inLine).join('\n'));
    throw error;
  } finally {
    await hookbell.stop();
  }
}

const inLine = ({ path, message }: FieldError) => (path ? `${path}: ${message}` : message);

/** The last line end of the file is none of the passphrase. */
function passphraseIn({ 'passphrase-file': file }: Given): string | null {
  return file === undefined ? null : contentOf(file).replace(/\r?\n$/, '');
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`Cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
}

function inLines(steps: Step[], end: string): string {
  const lines = steps
    .filter(({ outcome }) => outcome !== 'unchanged')
    .flatMap(({ outcome, kind, name, bot, changes }) => [
      `${outcome} ${kind} “${name}”${kind === 'bot' ? '' : ` of “${bot}”`}`,
      ...changes.map((change) => `    ${inWords(change, outcome)}`),
    ]);
  const { created, changed, unchanged } = countsOf(steps);
  return [...lines, `${created} created, ${changed} changed, ${unchanged} as they were. ${end}`].join('\n');
}

function inWords({ field, before, after }: Change, outcome: Step['outcome']): string {
  const becomes = after ?? 'nothing';
  return outcome === 'created' ? `${field}: ${becomes}` : `${field}: ${before ?? 'nothing'} → ${becomes}`;
}
