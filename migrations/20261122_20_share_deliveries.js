// Which of the processes on one PostgreSQL sends to a webhook; on SQLite there is one process. Times are in ms, by the
// clock of the database. `couriers` are the processes that deliver, each there until `until`. `lanes`: until then only
// the courier with this token sends to the webhook.
// deliveries_waiting holds those that wait for one before them.
export async function up(knex) {
  await knex.raw(
    "CREATE INDEX deliveries_waiting ON deliveries (seq) WHERE status = 'pending' AND next_attempt_at IS NULL",
  );
  if (knex.client.config.client !== 'pg') return;
  await knex.schema.createTable('couriers', (table) => {
    table.text('token').primary();
    table.bigInteger('until').notNullable();
  });
  await knex.schema.createTable('lanes', (table) => {
    table.text('webhook_id').primary().references('webhooks.id').onDelete('CASCADE');
    table.text('token').notNullable().index();
    table.bigInteger('until').notNullable();
  });
}

export async function down(knex) {
  if (knex.client.config.client === 'pg') {
    await knex.schema.dropTable('lanes');
    await knex.schema.dropTable('couriers');
  }
  await knex.raw('DROP INDEX deliveries_waiting');
}
