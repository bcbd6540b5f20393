import type { Knex } from 'knex';
import type { Actor } from '../accounts/actor.js';
import type { Conversation } from './store.js';

export type State = 'Bot' | 'Escalated' | 'Active' | 'Resolved';

/** A condition twice: as the SQL that a transition's UPDATE repeats, and in words for whom it stops. */
export type Guard = {
  holds: (update: Knex.QueryBuilder, by: Actor) => void;
  otherwise: (it: Conversation) => string;
};

export type Transition = {
  from: State[];
  /** Who may; anybody else gets a 403. */
  who: Guard;
  /** When it may be; else a 409. */
  when: Guard[];
  to: State | 'as before';
  event: 'conversation.escalated' | 'conversation.claimed' | 'conversation.released' | null;
  /** What happened, in one word: in the audit log and on the system message. */
  word: string;
};

/** The visitor, known by their token, or a caller of the API on their behalf. */
const visitor: Guard = { holds: () => {}, otherwise: () => '' };

const agentOfTheBot: Guard = {
  holds: (update, by) => {
    if (by.role !== 'admin')
      update.whereExists((given) =>
        given
          .select('bot_id')
          .from('bot_agents')
          .whereRaw('bot_agents.bot_id = conversations.bot_id')
          .where('bot_agents.user_id', by.id),
      );
  },
  otherwise: () => 'This bot was not given to you',
};

const claimerOrAdmin: Guard = {
  holds: (update, by) => {
    if (by.role !== 'admin') update.where('claimed_by', by.id);
  },
  otherwise: (it) => `Only ${it.claimedBy?.name ?? 'who claimed it'} or an admin may do this`,
};

const onTheWeb: Guard = {
  holds: (update) => update.where('channel_type', 'web'),
  otherwise: (it) => `Humans take over on the web channel only; this conversation is on ${it.channelType}`,
};

const takeoverOn: Guard = {
  holds: (update) =>
    update.whereExists((bot) =>
      bot
        .select('id')
        .from('bots')
        .whereRaw('bots.id = conversations.bot_id')
        .where('bots.human_takeover', true)
        .whereNull('bots.deleted_at'),
    ),
  otherwise: () => 'Human takeover is switched off for this bot',
};

/** Every way from one state to another; there is no other. A conversation begins in `Bot`. */
export const transitions = {
  escalate: {
    from: ['Bot', 'Resolved'],
    who: visitor,
    when: [onTheWeb, takeoverOn],
    to: 'Escalated',
    event: 'conversation.escalated',
    word: 'escalated',
  },
  claim: {
    from: ['Escalated'],
    who: agentOfTheBot,
    when: [],
    to: 'Active',
    event: 'conversation.claimed',
    word: 'claimed',
  },
  stepIn: {
    from: ['Bot', 'Resolved'],
    who: agentOfTheBot,
    when: [onTheWeb, takeoverOn],
    to: 'Active',
    event: 'conversation.claimed',
    word: 'claimed',
  },
  release: {
    from: ['Active'],
    who: claimerOrAdmin,
    when: [],
    to: 'Resolved',
    event: 'conversation.released',
    word: 'released',
  },
  transfer: {
    from: ['Active'],
    who: claimerOrAdmin,
    when: [],
    to: 'Active',
    event: null,
    word: 'transferred',
  },
  cancel: {
    from: ['Escalated'],
    who: visitor,
    when: [],
    to: 'as before',
    event: null,
    word: 'cancelled',
  },
  dismiss: {
    from: ['Escalated'],
    who: agentOfTheBot,
    when: [],
    to: 'as before',
    event: null,
    word: 'dismissed',
  },
} satisfies Record<string, Transition>;

export type Step = keyof typeof transitions;
