// `signing_secret` and `bot_token` are sealed. Of a thread, `sent` is the number of the last message that Slack has (or
// need not have), `asked` counts what was said in it, and `due_at` is when somebody looks whether there is more to send.
export async function up(knex) {
  await knex.schema.createTable('slack_channels', (table) => {
    table.text('id').primary();
    table.text('bot_id').notNullable().unique().references('bots.id');
    table.text('api_url').notNullable();
    table.text('signing_secret');
    table.text('bot_token');
    table.text('team');
    table.text('bot_user');
    table.text('last_error');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
  });
  await knex.schema.createTable('slack_threads', (table) => {
    table.text('conversation_id').primary().references('conversations.id').onDelete('CASCADE');
    table.text('channel_id').notNullable().references('slack_channels.id').onDelete('CASCADE').index();
    table.text('slack_channel').notNullable();
    table.text('thread_ts');
    table.integer('sent').notNullable().defaultTo(0);
    table.integer('asked').notNullable().defaultTo(0);
    table.integer('tries').notNullable().defaultTo(0);
    table.bigInteger('due_at');
    table.bigInteger('lease_until');
  });
  await knex.raw('CREATE INDEX slack_threads_due ON slack_threads (due_at) WHERE due_at IS NOT NULL');
}

export async function down(knex) {
  await knex.schema.dropTable('slack_threads');
  await knex.schema.dropTable('slack_channels');
}
