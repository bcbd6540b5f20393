// The token is kept twice: hashed, to be found by, and sealed, to be shown again. The headers of a request are
// sealed, for credentials may be among them.
export async function up(knex) {
  await knex.schema.createTable('receivers', (table) => {
    table.text('id').primary();
    table.text('token_hash').notNullable().unique();
    table.text('token').notNullable();
    table.text('user_id').references('users.id').onDelete('SET NULL').index();
    table.text('answer').notNullable();
    table.integer('seconds');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('used_at').notNullable().index();
  });
  await knex.schema.createTable('receiver_requests', (table) => {
    table.bigIncrements('id');
    table.text('receiver_id').notNullable().references('receivers.id').onDelete('CASCADE');
    table.bigInteger('at').notNullable();
    table.text('method').notNullable();
    table.text('headers').notNullable();
    table.text('body').notNullable();
    table.integer('size').notNullable();
    table.text('message_id');
    table.text('webhook_id');
    table.integer('attempt');
    table.text('secret').notNullable();
    table.text('signature').notNullable();
    table.text('because').notNullable();
    table.text('answer').notNullable();
    table.integer('seconds');
    table.text('ended');
    table.integer('took_ms');
    table.index(['receiver_id', 'id']);
  });
}

export async function down(knex) {
  await knex.schema.dropTable('receiver_requests');
  await knex.schema.dropTable('receivers');
}
