export async function up(knex) {
  await knex.schema.createTable('idempotency_keys', (table) => {
    table.text('user_id').notNullable();
    table.text('key').notNullable();
    table.text('request').notNullable();
    table.integer('status');
    table.text('answer');
    table.bigInteger('created_at').notNullable().index();
    table.primary(['user_id', 'key']);
  });
}

export async function down(knex) {
  await knex.schema.dropTable('idempotency_keys');
}
