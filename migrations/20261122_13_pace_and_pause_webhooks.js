// `headers` is sealed: people put credentials there. `pause_reason` is null where a person paused the webhook; else
// failures did, and `probe_at` is when one delivery is tried next.
export async function up(knex) {
  await knex.schema.alterTable('webhooks', (table) => {
    table.text('headers');
    table.integer('requests_per_second');
    table.integer('concurrency');
    table.integer('timeout_ms');
    table.boolean('in_order').notNullable().defaultTo(true);
    table.text('pause_reason');
    table.bigInteger('probe_at').index();
    table.integer('probes').notNullable().defaultTo(0);
  });
}

export async function down(knex) {
  await knex.schema.alterTable('webhooks', (table) => {
    table.dropColumns(
      'headers',
      'requests_per_second',
      'concurrency',
      'timeout_ms',
      'in_order',
      'pause_reason',
      'probe_at',
      'probes',
    );
  });
}
