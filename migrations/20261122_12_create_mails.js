export async function up(knex) {
  await knex.schema.createTable('mails', (table) => {
    table.text('id').primary();
    table.text('recipient').notNullable();
    table.text('subject').notNullable();
    table.text('text').notNullable();
    table.text('status').notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.bigInteger('next_attempt_at');
    table.text('last_error');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('finished_at');
  });
  await knex.raw("CREATE INDEX mails_due ON mails (next_attempt_at) WHERE status = 'pending'");
  await knex.raw('CREATE INDEX mails_finished ON mails (finished_at) WHERE finished_at IS NOT NULL');
  await knex.schema.alterTable('bots', (table) => {
    table.text('notification_email');
  });
}

export async function down(knex) {
  await knex.schema.alterTable('bots', (table) => {
    table.dropColumn('notification_email');
  });
  await knex.schema.dropTable('mails');
}
