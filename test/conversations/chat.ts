import { randomBytes, randomUUID } from 'node:crypto';

export type Seen = {
  event: string;
  id: number | null;
  data: Record<string, never> & { [key: string]: unknown };
};
type Answer = { status: number; headers: Headers; body: Record<string, unknown> };

/** A visitor's page: it has a token, and follows its conversation. */
export function visitorOf(url: string, botId: string, headers: Record<string, string> = {}) {
  const base = () => `${page.url}/api/public/chat/${botId}/conversations`;
  const token = randomBytes(32).toString('base64url');
  const page = {
    /** Of the server; it may come back elsewhere. */
    url,
    token,
    id: '',

    async ask(
      method: string,
      path: string,
      body?: unknown,
      more: Record<string, string> = {},
    ): Promise<Answer> {
      const answer = await fetch(`${base()}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${page.token}`,
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...headers,
          ...more,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text ? JSON.parse(text) : {} };
    },

    async start(content: string, clientId: string = randomUUID()): Promise<Answer> {
      const answer = await page.ask('POST', '', { content, clientId });
      if (answer.status < 300) page.id = (answer.body.conversation as { id: string }).id;
      return answer;
    },

    say: (content: string, clientId: string = randomUUID()) =>
      page.ask('POST', `/${page.id}/messages`, { content, clientId }),
    escalate: (userEmail: unknown) => page.ask('POST', `/${page.id}/escalate`, { userEmail }),
    cancel: () => page.ask('POST', `/${page.id}/cancel`),
    read: () => page.ask('GET', `/${page.id}`),
    messages: async (after = 0) => {
      const { body } = await page.ask('GET', `/${page.id}/messages?after=${after}`);
      return body.data as { number: number; from: string; content: string; clientId: string | null }[];
    },

    /** Reads the stream from after this message. */
    async follow(after = 0) {
      const leaving = new AbortController();
      const answer = await fetch(`${base()}/${page.id}/stream`, {
        headers: { Authorization: `Bearer ${page.token}`, 'Last-Event-ID': String(after), ...headers },
        signal: leaving.signal,
      });
      const seen: Seen[] = [];
      let over = false;
      const ended = (answer.ok ? collect(answer.body!, seen) : answer.text())
        .catch(() => {})
        .finally(() => {
          over = true;
        });
      return {
        isOver: () => over,
        status: answer.status,
        headers: answer.headers,
        seen,
        ended,
        leave: () => leaving.abort(),
      };
    },
  };
  return page;
}

async function collect(body: ReadableStream<Uint8Array>, seen: Seen[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const event = field('event');
      const id = field('id');
      if (event)
        seen.push({ event, id: id === undefined ? null : Number(id), data: JSON.parse(field('data')!) });
    }
  }
}

export const told = (seen: Seen[], event: string) =>
  seen.filter((one) => one.event === event).map(({ data }) => data);
