export async function up(knex) {
  await knex.schema.createTable('webhooks', (table) => {
    table.text('id').primary();
    table.text('bot_id').notNullable().references('bots.id').index();
    table.text('type').notNullable();
    table.text('source_id').references('data_sources.id').index();
    table.text('target_url');
    table.text('secret').notNullable();
    table.text('signing_secret');
    table.text('previous_signing_secret');
    table.bigInteger('previous_signs_until');
    table.boolean('enabled').notNullable();
    table.text('disabled_reason');
    table.bigInteger('paused_at');
    table.bigInteger('failing_since');
    table.text('last_error');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.bigInteger('deleted_at').index();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('webhooks');
}
