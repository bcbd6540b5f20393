import type { Config } from '../config.js';

/** Why the language model did not answer, and what to do about it, in two sentences for whoever runs the server. */
export function adviceOn(error: unknown, { baseUrl, model, apiKey }: Config['openai']): string {
  const reason = reasonOf(error);
  const status = Number(/answered (\d{3})/.exec(reason)?.[1]);
  return `The language model did not answer: ${reason}. ${advice(status, reason, { baseUrl, model, apiKey })}`;
}

function advice(status: number, reason: string, { baseUrl, model, apiKey }: Config['openai']): string {
  const address = baseUrl ? `OPENAI_BASE_URL (${baseUrl})` : 'OPENAI_BASE_URL';
  if (status === 401 || status === 403)
    return apiKey
      ? 'Check OPENAI_API_KEY: it was refused.'
      : 'Set OPENAI_API_KEY: the server asks for a key.';
  if (status === 404)
    return `Check ${address}, which usually ends in /v1, and OPENAI_MODEL${model ? ` (${model})` : ''}.`;
  if (status === 429) return 'Its quota is used up, or it was asked too often: wait, or raise the quota.';
  if (status >= 500) return 'It has trouble of its own: its log says more.';
  if (status >= 400) return `It did not like the request: check OPENAI_MODEL${model ? ` (${model})` : ''}.`;
  if (/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|EHOSTUNREACH/.test(reason))
    return `Check that it runs and that ${address} is its address, seen from this machine.`;
  if (/within \d+ s/.test(reason)) return 'It is slow: a smaller model in OPENAI_MODEL answers faster.';
  return 'The log of this server says more.';
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  const { code } = error as { code?: string };
  if (error.name === 'NoAnswer') return error.message;
  if (code) return `it could not be reached (${code})`;
  if (error instanceof SyntaxError || error.name === 'ZodError')
    return 'what it sent is not a chat completion';
  return error.message || 'it failed';
}
