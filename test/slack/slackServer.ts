import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Posted = { channel: string; thread_ts?: string; text: string };
type Refusal = { status?: number; body: object; headers?: Record<string, string> };

export type SlackServer = {
  /** Its Web API. */
  url: string;
  /** What was taken, in order. */
  posted: Posted[];
  /** Every call: method and token. */
  calls: [method: string, token: string][];
  /** The next posts are answered with these instead. */
  refuseNext: (...refusals: Refusal[]) => void;
  /** Posts wait from now on, and are answered when the returned function is called. */
  hold: () => () => void;
  close: () => Promise<void>;
};

export const token = 'xoxb-the-token-of-the-bot';
export const botUser = 'UBOT';

/** A server that speaks the two methods of Slack's Web API that we use: auth.test and chat.postMessage. */
export async function startSlack(): Promise<SlackServer> {
  const posted: Posted[] = [];
  const calls: [string, string][] = [];
  const refusals: Refusal[] = [];
  let gate = Promise.resolve();

  const server = createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const method = (req.url ?? '').replace('/api/', '');
    const bearer = (req.headers.authorization ?? '').replace('Bearer ', '');
    calls.push([method, bearer]);
    const answer = (given: object, status = 200, headers: Record<string, string> = {}) =>
      res.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(given));
    if (bearer !== token) return answer({ ok: false, error: 'invalid_auth' });
    if (method === 'auth.test') return answer({ ok: true, team: 'Acme', user_id: botUser });
    await gate;
    // Whoever asked was killed meanwhile.
    if (req.socket.destroyed) return;
    const refusal = refusals.shift();
    if (refusal) return answer(refusal.body, refusal.status, refusal.headers);
    posted.push(Object.fromEntries(new URLSearchParams(body)) as Posted);
    answer({ ok: true, ts: `${posted.length}.0` });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    posted,
    calls,
    refuseNext: (...some) => void refusals.push(...some),
    hold() {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
