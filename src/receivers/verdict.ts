import { createHash, timingSafeEqual } from 'node:crypto';
import { formatDistanceStrict } from 'date-fns/formatDistanceStrict';
import { sign } from '../delivery/sign.js';

/** `because` is a sentence for people, about the signature. */
export type Verdict = {
  secret: 'matches' | 'differs' | 'missing' | 'unknown';
  signature: 'verified' | 'wrong' | 'stale' | 'missing' | 'unknown';
  because: string;
};

/** A webhook that sends here, with its secrets in the clear. */
export type Sender = {
  webhookId: string;
  secret: string;
  /** Those that sign now. */
  signing: string[];
  /** The one that signed before, its overlap over. */
  retired: string | null;
};

export type Signed = {
  headers: Record<string, string | string[] | undefined>;
  body: string;
};

/** What receivers allow between a signature and its arrival (Standard Webhooks 1.0). */
const tolerance = 5 * 60_000;

/** Checks a request as a receiver should, against the webhooks that it may have come from. */
export function judge({ headers, body }: Signed, senders: Sender[], at: number): Verdict {
  const given = (name: string) => [headers[name]].flat()[0]?.trim() || null;
  return { secret: secretVerdict(given('x-secret-key'), senders), ...signatureVerdict() };

  function signatureVerdict(): Pick<Verdict, 'signature' | 'because'> {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const missing = names.filter((name) => given(name) === null);
    if (missing.length > 0) return because('missing', `There is no ${missing.join(' and no ')} header.`);
    if (senders.length === 0)
      return because('unknown', 'No webhook of this server sends here, so there is no secret to check with.');
    const [id, time, list] = names.map((name) => given(name)!) as [string, string, string];
    if (!/^\d{1,12}$/.test(time))
      return because('wrong', `webhook-timestamp is “${time.slice(0, 40)}”, not a time in seconds.`);
    const signatures = list.split(/\s+/).filter((one) => one.startsWith('v1,'));
    if (signatures.length === 0)
      return because('wrong', 'webhook-signature holds no v1 signature: it should read v1,… in base64.');
    const signedBy = (secrets: string[]) =>
      secrets.some((secret) => {
        const right = sign([secret], id, Number(time), body);
        return signatures.some((one) => same(one, right));
      });
    if (!signedBy(senders.flatMap(({ signing }) => signing))) {
      const wasRetired = signedBy(senders.flatMap(({ retired }) => retired ?? []));
      return because(
        'wrong',
        wasRetired
          ? 'It was signed with the signing secret that was replaced, and its overlap is over.'
          : 'It is not the signature of this id, time and body with the signing secret of the webhook: either something was changed on the way, or another secret signed.',
      );
    }
    const age = at - Number(time) * 1000;
    if (Math.abs(age) <= tolerance)
      return because('verified', 'Signed by the webhook, less than 5 minutes ago.');
    const distance = formatDistanceStrict(0, Math.abs(age));
    return because(
      'stale',
      age > 0
        ? `The signature is right, but ${distance} old: receivers should refuse more than 5 minutes, so that nobody sends an old message again.`
        : `The signature is right, but its time is ${distance} in the future: one of the two clocks is wrong.`,
    );
  }
}

function secretVerdict(given: string | null, senders: Sender[]): Verdict['secret'] {
  if (given === null) return 'missing';
  if (senders.length === 0) return 'unknown';
  return senders.some(({ secret }) => same(given, secret)) ? 'matches' : 'differs';
}

const because = (signature: Verdict['signature'], words: string) => ({ signature, because: words });

const digest = (text: string) => createHash('sha256').update(text).digest();

/** Takes as long for every difference. */
const same = (one: string, other: string) => timingSafeEqual(digest(one), digest(other));
