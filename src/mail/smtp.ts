import type { Config } from '../config.js';
import { type Transport, Undeliverable } from './mailer.js';

type SmtpError = Error & { code?: string; responseCode?: number };

/** For one mail in all, in ms. */
const patience = 20_000;

/** Sends by the server of `SMTP_URL`; null when there is none. */
export function smtpTransport({
  smtpUrl,
  mailFrom,
  publicUrl,
}: Pick<Config, 'smtpUrl' | 'mailFrom' | 'publicUrl'>) {
  if (!smtpUrl) return null;
  const { hostname } = new URL(publicUrl);
  // Most have no mail server: they start without it.
  const transporter = import('nodemailer').then(({ createTransport }) =>
    createTransport({
      url: smtpUrl,
      dnsTimeout: 5_000,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 15_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    }),
  );

  const transport: Transport = {
    async send({ id, to, subject, text }) {
      const mail = {
        from: mailFrom ?? `Hookbell <hookbell@${hostname}>`,
        to: { name: '', address: to },
        subject,
        text,
        // The same over every attempt, so that a mail that was sent twice is seen to be one.
        messageId: `<${id}@${hostname}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      };
      const server = await transporter;
      await within(patience, server.sendMail(mail)).catch((error: SmtpError) => {
        throw isFinal(error) ? new Undeliverable(error.message) : error;
      });
    },
    close: () => transporter.then((it) => it.close()),
  };
  return transport;
}

/** 5xx is final (RFC 5321, 4.2.1), but for the sign-in: that is ours to mend. */
function isFinal({ code, responseCode = 0 }: SmtpError): boolean {
  return code !== 'EAUTH' && responseCode !== 530 && responseCode >= 500;
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the mail server did not take it within ${ms / 1000} s`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
