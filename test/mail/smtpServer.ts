import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type Letter = { to: string[]; text: string };
export type SmtpServer = Awaited<ReturnType<typeof startSmtpServer>>;

/** A real SMTP server on a free port of this machine that keeps what it takes. */
export async function startSmtpServer() {
  const letters: Letter[] = [];
  let refuseWith: number | null = null;
  let attempts = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: async (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      attempts++;
      if (refuseWith) return done(Object.assign(new Error('not now'), { responseCode: refuseWith }));
      letters.push({
        to: envelope.rcptTo.map(({ address }) => address),
        text: Buffer.concat(chunks).toString('utf8'),
      });
      done();
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    letters,
    attempts: () => attempts,
    /** From now on every mail is refused with this code; null: taken. */
    refuse: (code: number | null) => {
      refuseWith = code;
    },
    close: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}
