import type { Knex } from 'knex';

/** What happened, ready to be told: `body` is the exact JSON text that receivers get. */
export type NewEvent = {
  botId: string;
  type: string;
  /** Webhooks bound to a data source hear only events of that source. */
  sourceId?: string | null;
  /** Deliveries of one subject (a conversation) reach a webhook in order. */
  subject?: string | null;
  body: string;
};

/** Why no webhook hears an event: there is none of its type, or only for other data sources, or it is disabled. */
export type Unheard = 'none' | 'other_source' | 'disabled';

export type Outbox = {
  /**
   * Writes the event and a delivery for each webhook that hears it. Give it the transaction of the state change:
   * delivery starts as soon as that commits, and never if it does not.
   */
  append: (tx: Knex.Transaction, event: NewEvent, at: number) => Promise<void>;
};
