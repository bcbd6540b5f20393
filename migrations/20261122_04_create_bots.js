export async function up(knex) {
  await knex.schema.createTable('bots', (table) => {
    table.text('id').primary();
    table.text('name').notNullable();
    table.text('welcome_message').notNullable();
    table.text('instructions').notNullable();
    table.boolean('human_takeover').notNullable();
    table.bigInteger('storage_token_limit');
    table.text('allowed_origins').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.bigInteger('deleted_at').index();
  });
  await knex.schema.createTable('bot_agents', (table) => {
    table.text('bot_id').notNullable().references('bots.id').onDelete('CASCADE');
    table.text('user_id').notNullable().references('users.id').onDelete('CASCADE').index();
    table.primary(['bot_id', 'user_id']);
  });
}

export async function down(knex) {
  await knex.schema.dropTable('bot_agents');
  await knex.schema.dropTable('bots');
}
