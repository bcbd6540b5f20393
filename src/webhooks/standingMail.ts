import { type Actor, hookbell } from '../accounts/actor.js';
import type { NewMail } from '../mail/store.js';

/** `reason`: why Hookbell did it; null when a person did. `failingSince`: ms. */
export type StandingChange = {
  state: 'paused' | 'resumed' | 'disabled';
  webhook: { id: string; botId: string; type: string; url: string };
  reason: string | null;
  lastError?: string | null;
  probeAt?: number;
};

type Circumstances = { by: Actor; botName: string; waiting: number; publicUrl: string };

/** What happened, why, what Hookbell does next, and what is to be done. */
export function standingMail(
  change: StandingChange,
  { by, botName, waiting, publicUrl }: Circumstances,
): Omit<NewMail, 'to'> {
  const { state, webhook, reason, lastError } = change;
  // No more of the URL: it may hold credentials, and a mail passes many hands.
  const { host } = new URL(webhook.url);
  const name = by.id === hookbell.id && by.name === hookbell.name ? 'Hookbell' : by.name;
  return {
    subject: `Webhook to ${host} of ${botName} is ${state}`,
    text: [
      `${name} ${verbs[state]} the webhook of ${botName} that sends ${webhook.type} to ${host}.`,
      ...(reason ? [`Why: ${reason}.`] : []),
      ...(lastError ? [`The last attempt: ${lastError}.`] : []),
      ...whatNow(change, waiting),
      `Look at it: ${publicUrl}/app/webhooks/${webhook.id}`,
    ].join('\n\n'),
  };
}

const verbs = { paused: 'paused', resumed: 'resumed', disabled: 'disabled' };

function whatNow({ state, reason, probeAt }: StandingChange, waiting: number): string[] {
  const waits = `${waiting} ${waiting === 1 ? 'delivery waits' : 'deliveries wait'}`;
  if (state === 'resumed') return [`What waited is being sent: ${waits}.`];
  if (state === 'disabled') {
    return [
      `Events that happen now are not sent, not even later; ${waits} until the webhook is enabled.`,
      'When the receiver is ready again, enable the webhook under Edit.',
    ];
  }
  if (reason === null) return [`Events wait and are kept until somebody resumes it; ${waits}.`];
  return [
    `Events wait and are kept; ${waits}. From time to time one of them is tried, next on ${new Date(probeAt!).toUTCString()}. As soon as the receiver takes it, all are sent.`,
    'See why the receiver refuses, or whether the target URL is still right. Whatever had failed for good before can be sent again from the page of the webhook.',
  ];
}
