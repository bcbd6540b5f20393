import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Asked = {
  headers: IncomingHttpHeaders;
  body: { model: string; stream: boolean; messages: { role: string; content: string }[] };
};

/** What a model does with a request: it has `say` for a piece of its answer, and `end`. */
export type Behaviour = (turn: {
  asked: Asked;
  req: IncomingMessage;
  res: ServerResponse;
  begin: () => void;
  say: (text: string) => void;
  end: () => void;
}) => void | Promise<void>;

export type Model = Awaited<ReturnType<typeof startModel>>;

/** A real server that speaks OpenAI's chat completions, as well or as badly as it is told. */
export async function startModel() {
  const asked: Asked[] = [];
  let open = 0;
  let behave: Behaviour = says('Hello.');

  const server = createServer(async (req, res) => {
    open++;
    res.on('close', () => open--);
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    const got = { headers: req.headers, body: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
    asked.push(got);
    const event = (data: string) => res.write(`data: ${data}\n\n`);
    const choice = (delta: object, finish_reason: string | null) =>
      event(
        JSON.stringify({ object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] }),
      );
    await behave({
      asked: got,
      req,
      res,
      begin: () => {
        res.writeHead(200, { 'Content-Type': 'text/event-stream' });
        choice({ role: 'assistant', content: '' }, null);
      },
      say: (text) => choice({ content: text }, null),
      end: () => {
        choice({}, 'stop');
        event('[DONE]');
        res.end();
      },
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    /** How many requests are being answered. */
    open: () => open,
    does: (next: Behaviour) => {
      behave = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function says(...pieces: string[]): Behaviour {
  return ({ begin, say, end }) => {
    begin();
    for (const piece of pieces) say(piece);
    end();
  };
}

/** Says the first piece, and the second only when it is let go on. */
export function hesitant(first: string, second: string) {
  let goOn = () => {};
  const behaviour: Behaviour = async ({ begin, say, end }) => {
    begin();
    say(first);
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    say(second);
    end();
  };
  return { behaviour, goOn: () => goOn() };
}
