// `secret` is sealed. A conversation goes on only through the channel that it began on.
export async function up(knex) {
  await knex.schema.createTable('api_channels', (table) => {
    table.text('id').primary();
    table.text('bot_id').notNullable().references('bots.id').index();
    table.text('name').notNullable();
    table.text('channel_type').notNullable();
    table.boolean('enabled').notNullable();
    table.text('secret').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
  });
  await knex.schema.createTable('api_channel_conversations', (table) => {
    table.text('conversation_id').primary().references('conversations.id').onDelete('CASCADE');
    table.text('channel_id').notNullable().references('api_channels.id').onDelete('CASCADE').index();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('api_channel_conversations');
  await knex.schema.dropTable('api_channels');
}
