import type { Deps } from '../deps.js';
import { type Mail, mailStore } from './store.js';

/** One way to send a mail; throws when it did not get away. */
export type Transport = {
  send: (mail: { id: string; to: string; subject: string; text: string }) => Promise<void>;
  close: () => void;
};

/** An error that another attempt would not mend. */
export class Undeliverable extends Error {
  override name = 'Undeliverable';
}

const minute = 60_000;
/** Waits between attempts, in ms: about two days in all. */
const schedule = [1, 5, 15, 60, 180, 360, 720, 1440].map((minutes) => minutes * minute);
const lease = 2 * minute;
/** As many as can take their whole time within the lease. */
const aTime = 5;
const day = 24 * 60 * minute;

export type Mailer = ReturnType<typeof mailer>;

/** Sends what waits in the database; without a transport (no `SMTP_URL`) nothing is ever written there. */
export function mailer(
  { db, clock, log, config }: Pick<Deps, 'db' | 'clock' | 'log' | 'config'>,
  transport: Transport | null,
) {
  const store = mailStore(db);

  async function attempt(mail: Mail): Promise<void> {
    try {
      await transport!.send(mail);
      await store.settle(mail, { status: 'sent', nextAttemptAt: null, error: null }, clock());
    } catch (error) {
      const { message } = error as Error;
      const wait = error instanceof Undeliverable ? undefined : schedule[mail.attempts - 1];
      const status = wait === undefined ? 'failed' : 'pending';
      const nextAttemptAt = wait === undefined ? null : clock() + wait;
      await store.settle(mail, { status, nextAttemptAt, error: message.slice(0, 1000) }, clock());
      log.warn({ mail: mail.id, attempt: mail.attempts, reason: message, status }, 'a mail was not sent');
    }
  }

  return {
    isOn: transport !== null,

    /** Sends what is due, one after another. */
    async sweep(at: number): Promise<void> {
      if (!transport) return;
      for (const mail of await store.claim(at, at + lease, aTime)) await attempt(mail);
    },

    prune: (at: number) => store.prune(at - config.retentionDays * day),

    stop: () => transport?.close(),
  };
}
