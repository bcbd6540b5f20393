// Milliseconds; null for a step that was not taken. `reused`: the connection was there already; null if there was none.
// `unheard`: why an event had no delivery when it happened: none, other_source or disabled. Null: some webhook heard it.
export async function up(knex) {
  await knex.schema.alterTable('attempts', (table) => {
    table.boolean('reused');
    table.float('dns_ms');
    table.float('connect_ms');
    table.float('tls_ms');
    table.float('first_byte_ms');
  });
  await knex.schema.alterTable('events', (table) => {
    table.text('unheard');
    table.index(['bot_id', 'type', 'seq']);
  });
}

export async function down(knex) {
  await knex.schema.alterTable('events', (table) => {
    table.dropIndex(['bot_id', 'type', 'seq']);
    table.dropColumn('unheard');
  });
  await knex.schema.alterTable('attempts', (table) => {
    table.dropColumns('reused', 'dns_ms', 'connect_ms', 'tls_ms', 'first_byte_ms');
  });
}
