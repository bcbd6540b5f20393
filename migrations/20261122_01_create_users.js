export async function up(knex) {
  await knex.schema.createTable('users', (table) => {
    table.text('id').primary();
    table.text('email').notNullable().unique();
    table.text('name').notNullable();
    table.text('password_hash').notNullable();
    table.text('role').notNullable();
    table.bigInteger('created_at').notNullable();
  });
  await knex.schema.createTable('api_keys', (table) => {
    table.text('id').primary();
    table.text('user_id').notNullable().references('users.id').onDelete('CASCADE').index();
    table.text('name').notNullable();
    table.text('hash').notNullable().unique();
    table.text('hint').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('last_used_at');
  });
  await knex.schema.createTable('settings', (table) => {
    table.text('name').primary();
    table.text('value').notNullable();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('settings');
  await knex.schema.dropTable('api_keys');
  await knex.schema.dropTable('users');
}
