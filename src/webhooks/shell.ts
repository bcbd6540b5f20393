import { mask } from '../delivery/mask.js';
import { signedText } from '../delivery/sign.js';
import type { RecordedAttempt } from '../outbox/store.js';

/** Linux takes 128 KiB in one argument; `printf` is the shell's own and has no such limit. */
const longestArgument = 100_000;

/** What was masked in the log, if somebody may see it. */
export type Revealed = { secret: string; signingSecret?: string; headers?: Record<string, string> };

/** For a POSIX shell (sh, bash, zsh): nothing within single quotes means anything but itself. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The request of an attempt as a call of curl. What is masked is a variable, set in a line before; without `revealed`
 * people fill it in.
 */
export function curlOf(
  { url, requestHeaders }: Pick<RecordedAttempt, 'url' | 'requestHeaders'>,
  body: string,
  revealed: Revealed | null,
): string {
  const known: Record<string, string> = { ...revealed?.headers };
  if (revealed) known['X-Secret-Key'] = revealed.secret;
  const variables = new Map<string, string>();
  const headers = Object.entries(requestHeaders).map(([name, value]) => {
    if (value !== mask) return `-H ${quoted(`${name}: ${value}`)}`;
    const variable = variableFor(name, variables);
    variables.set(variable, known[name] ?? 'paste the value here');
    return `-H ${quoted(`${name}: `)}"$${variable}"`;
  });
  const isLong = Buffer.byteLength(body) > longestArgument;
  const lines = [
    `${isLong ? `printf %s ${quoted(body)} | ` : ''}curl -sS -i -g -X POST ${quoted(new URL(url).href)}`,
    ...headers,
    isLong ? '--data-binary @-' : `--data-raw ${quoted(body)}`,
  ];
  const settings = [...variables].map(([variable, value]) => `${variable}=${quoted(value)}\n`);
  return settings.join('') + lines.join(' \\\n  ');
}

/** `X-Tenant` → `HEADER_X_TENANT`: no variable of the shell's own is called that. */
function variableFor(name: string, taken: Map<string, string>): string {
  if (name === 'X-Secret-Key') return 'HOOKBELL_SECRET';
  const plain = `HEADER_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
  return taken.has(plain) ? variableFor(`${name}_`, taken) : plain;
}

/** Computes the signature of an attempt anew, by openssl. */
export function opensslOf(id: string, timestamp: string, body: string, signingSecret: string | null): string {
  return [
    `SIGNING_SECRET=${quoted(signingSecret ?? 'paste the signing secret here')}`,
    `KEY=$(printf %s "\${SIGNING_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')`,
    `printf %s ${quoted(signedText(id, timestamp, body))} \\`,
    '  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A',
  ].join('\n');
}
