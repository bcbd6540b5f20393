import type { LogLevel, WebClientOptions } from '@slack/web-api';
import { fetch } from 'undici';
import { guardedAgent } from '../net/connect.js';
import { type Guard, inOneSentence, Refused } from '../net/guard.js';

/** What became of a call. */
export type Outcome =
  | { kind: 'done'; answer: { team?: string | undefined; user_id?: string | undefined } }
  /** It may be better later: not before `after` ms are over, where Slack said so. */
  | { kind: 'retry'; reason: string; after?: number }
  /** Another try would be in vain. */
  | { kind: 'refused'; reason: string };

export type SlackClients = ReturnType<typeof slackClients>;

const timeout = 8_000;

/** Until somebody enters another token, or lets the bot in. */
const mendable =
  /^(invalid_auth|not_authed|account_inactive|token_expired|token_revoked|internal_error|fatal_error|service_unavailable|request_timeout|ratelimited)$/;

/** Slack's own client, whose connections pass our guard, and which leaves trying again to us. */
export function slackClients(guard: Guard) {
  const dispatcher = guardedAgent(guard);
  const guarded = async (url: string | URL, init: object = {}) => {
    const refusal = guard.inspect(url);
    if (refusal) throw new Refused(refusal);
    return fetch(url, { ...init, redirect: 'error', dispatcher });
  };

  const clientFor = async ({ apiUrl, token }: { apiUrl: string; token: string }) => {
    // Most have no Slack: they start without it.
    const { WebClient } = await import('@slack/web-api');
    return new WebClient(token, {
      slackApiUrl: apiUrl,
      fetch: guarded as NonNullable<WebClientOptions['fetch']>,
      timeout,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      logger: silent,
    });
  };

  return {
    /** Whose token it is. */
    whoAmI: (access: { apiUrl: string; token: string }) =>
      outcomeOf(clientFor(access).then(({ auth }) => auth.test())),

    post: (
      access: { apiUrl: string; token: string },
      { channel, threadTs, text }: { channel: string; threadTs: string | null; text: string },
    ) => {
      const message = {
        channel,
        text,
        unfurl_links: false,
        unfurl_media: false,
        ...(threadTs && { thread_ts: threadTs }),
      };
      return outcomeOf(clientFor(access).then(({ chat }) => chat.postMessage(message)));
    },

    close: () => dispatcher.destroy(),
  };
}

type Failure = Error & {
  code?: string;
  retryAfter?: number;
  data?: { error?: string };
  original?: Error;
  cause?: unknown;
};

async function outcomeOf(call: Promise<object>): Promise<Outcome> {
  try {
    return { kind: 'done', answer: await call };
  } catch (error) {
    const { data, retryAfter, message } = error as Failure;
    if (retryAfter !== undefined)
      return { kind: 'retry', reason: 'Slack asks to wait', after: retryAfter * 1000 };
    if (!data?.error) return { kind: 'retry', reason: rootOf(error as Failure) ?? message };
    const reason = `Slack says: ${data.error}`;
    return mendable.test(data.error) ? { kind: 'retry', reason } : { kind: 'refused', reason };
  }
}

/** What lies beneath “fetch failed”. */
function rootOf({ original, cause }: Failure): string | null {
  const inner = (original ?? cause) as Failure | undefined;
  if (!inner) return null;
  if (inner instanceof Refused) return inOneSentence(inner.refusal);
  return rootOf(inner) ?? inner.message;
}

const nothing = () => {};
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => 'error' as LogLevel,
  setName: nothing,
};
