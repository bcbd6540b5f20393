import type { Knex } from 'knex';

export type OutboundRule = {
  id: string;
  /** As OUTBOUND_ALLOW takes it. */
  rule: string;
  note: string;
  createdBy: string;
  createdAt: number;
};

export function outboundRuleStore(connection: Knex) {
  const rules = () => connection('outbound_rules');
  return {
    /** Oldest first. */
    async all(): Promise<OutboundRule[]> {
      const rows = await rules().orderBy(['created_at', 'id']);
      return rows.map(fromRow);
    },

    async find(id: string): Promise<OutboundRule | null> {
      const row = await rules().where({ id }).first();
      return row ? fromRow(row) : null;
    },

    /** False if there is such a rule already. */
    async insert({ id, rule, note, createdBy, createdAt }: OutboundRule): Promise<boolean> {
      const row = { id, rule, note, created_by: createdBy, created_at: createdAt };
      const made = await rules().insert(row).onConflict('rule').ignore().returning('id');
      return made.length > 0;
    },

    remove: (id: string): Promise<number> => rules().where({ id }).delete(),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: a row as the driver gives it
function fromRow(row: any): OutboundRule {
  return {
    id: row.id,
    rule: row.rule,
    note: row.note,
    createdBy: row.created_by,
    createdAt: Number(row.created_at),
  };
}
