import type { Agent } from 'undici';
import { sign } from '../../../src/delivery/sign.js';

export type Task = {
  url: string;
  /** How many endpoints there are, and how many requests may be under way to each. */
  webhooks: number;
  atOnce: number;
  /** Each event goes to all of them; else they take turns. */
  fanOut?: boolean;
  /** Other processes share the work: it is divided among them before it begins. */
  shared?: boolean;
  /** A folder, the URL of a database, or a port of Redis. */
  store: string;
};

export type Contestant = {
  /** Puts so many deliveries into its store, the webhooks in turn. */
  fill: (count: number) => Promise<void>;
  begin: () => Promise<void>;
  /** How many its store says are delivered. */
  delivered: () => Promise<number>;
  stop: () => Promise<void>;
};

export type Message = { id: string; url: string; body: string };

/** For undici: what our own agent has, without the guard. */
export const agentOptions = { connect: { timeout: 60_000 } };

const secret = '14e6c7131ce0465cb46ec109e7de0719';
const signingSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const results = {
  totalTokens: 0,
  modifiedRows: 1,
  totalDocuments: 1,
  unmodifiedRows: 0,
  totalDataSourceRows: 1,
};

export const message = (url: string, number: number): Message => ({
  id: `msg_${String(number).padStart(32, '0')}`,
  url,
  body: JSON.stringify({
    success: true,
    results: { ...results, totalTokens: number },
    bot: 'Help desk',
    dataSource: 'Manual',
  }),
});

/**
 * The request that Hookbell would send, signed alike, by the leanest call that undici has. Ends when the answer has
 * been read; throws when it is no success.
 */
export function post(agent: Agent, { id, url, body }: Message): Promise<void> {
  const { origin, pathname } = new URL(url);
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'User-Agent': 'Hookbell/0.1.0',
    'X-Secret-Key': secret,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign([signingSecret], id, timestamp, body),
    'X-Hookbell-Event': 'sync.success',
    'X-Hookbell-Attempt': '1',
  };
  return new Promise((resolve, reject) => {
    let status = 0;
    agent.dispatch(
      {
        origin,
        path: pathname,
        method: 'POST',
        headers,
        body,
        headersTimeout: 15_000,
        bodyTimeout: 15_000,
      },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, statusCode) => {
          status = statusCode;
        },
        onResponseData: () => {},
        onResponseEnd: () => (status < 300 ? resolve() : reject(new Error(`${url} answered ${status}`))),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });
}
