import { parseArgs } from 'node:util';
import { ZodError } from 'zod';
import { commands, type Given, help } from './commands.js';
import { configOrExit } from './configOrExit.js';
import { fieldErrors } from './http/problem.js';
import { nearest } from './nearest.js';

/** Something about the command line itself that is wrong, in one sentence. */
class Misused extends Error {}

try {
  const answer = await obey(process.argv.slice(2));
  if (answer) process.stdout.write(`${answer}\n`);
} catch (error) {
  process.stderr.write(`${inOneLine(error)}\n`);
  process.exitCode = 1;
}

async function obey(words: string[]): Promise<string | null> {
  if (words.length === 0) throw new Misused(help());
  if (words[0] === 'help' || words.some((word) => word === '--help' || word === '-h')) return help();
  const name = [words.slice(0, 2).join(' '), words[0]!].find((candidate) => commands.has(candidate));
  const command = commands.get(name ?? '');
  if (!name || !command)
    throw new Misused(unknown('command', words.slice(0, 2).join(' '), [...commands.keys()]));
  const given = read(name, words.slice(name.split(' ').length));
  return command.run(given, configOrExit());
}

/** The options and the file of a command; strict, but with sentences of our own. */
function read(name: string, args: string[]): Given {
  const { options, flags = [], required, takesFile } = commands.get(name)!;
  const known = Object.fromEntries([
    ...options.map((option) => [option, { type: 'string' as const }]),
    ...flags.map((option) => [option, { type: 'boolean' as const }]),
  ]);
  const parsed = parseArgs({ args, options: known, strict: false, allowPositionals: true, tokens: true });
  for (const token of parsed.tokens) {
    if (token.kind !== 'option') continue;
    if (!Object.hasOwn(known, token.name)) {
      throw new Misused(unknown('option', token.rawName, Object.keys(known).map(flag)));
    }
    if (flags.includes(token.name)) {
      if (token.value !== undefined) throw new Misused(`${token.rawName} takes no value`);
    } else if (token.value === undefined) {
      throw new Misused(
        `${token.rawName} needs a value; write ${token.rawName}=VALUE where it begins with a dash`,
      );
    }
  }
  const [file, ...more] = parsed.positionals;
  const tooMuch = takesFile ? more[0] : file;
  if (tooMuch !== undefined) throw new Misused(`“${tooMuch}” is one word too many for ${name}`);
  const given: Given = { ...(parsed.values as Given), ...(file !== undefined && { file }) };
  const missing = required.filter((option) => !given[option]);
  if (missing.length > 0) throw new Misused(`${name} needs ${missing.map(flag).join(', ')}`);
  return given;
}

function flag(option: string): string {
  return option === 'file' ? 'a FILE' : `--${option}`;
}

function unknown(kind: string, word: string, known: string[]): string {
  const likely = nearest(word, known);
  const hint = likely
    ? `did you mean ${likely}?`
    : `there ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`;
  return `There is no ${kind} “${word}”: ${known.length > 0 ? hint : 'it takes none'}`;
}

function inOneLine(error: unknown): string {
  if (error instanceof ZodError) {
    return fieldErrors(error)
      .map(({ path, message }) => `--${path}: ${message}`)
      .join('; ');
  }
  return (error as Error).message;
}
