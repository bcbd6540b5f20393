// `claims` counts how often an agent took the conversation: a bot's reply that began before a claim no longer
// matches. `number` orders the messages of a conversation and is what a reader's cursor holds.
// `reply_due_at` stands on a visitor's message until the bot has answered it, or will not any more.
export async function up(knex) {
  await knex.schema.createTable('conversations', (table) => {
    table.text('id').primary();
    table.text('bot_id').notNullable().references('bots.id');
    table.text('channel_type').notNullable();
    table.text('state').notNullable();
    table.bigInteger('state_since').notNullable();
    table.text('user_email');
    table.text('user_data').notNullable();
    table.text('claimed_by').references('users.id').onDelete('SET NULL').index();
    table.integer('claims').notNullable().defaultTo(0);
    table.text('token_hash').unique();
    table.text('address_hash');
    table.bigInteger('last_message_at').notNullable();
    table.bigInteger('created_at').notNullable();
    table.index(['bot_id', 'id']);
    table.index(['bot_id', 'state', 'id']);
    table.index(['bot_id', 'channel_type', 'id']);
  });
  await knex.raw(
    `CREATE INDEX conversations_inbox ON conversations (state, state_since, id)
     WHERE state IN ('Escalated', 'Active')`,
  );
  await knex.raw(
    `CREATE INDEX conversations_address ON conversations (address_hash, created_at)
     WHERE address_hash IS NOT NULL`,
  );
  await knex.schema.createTable('messages', (table) => {
    table.text('id').primary();
    table.text('conversation_id').notNullable().references('conversations.id').onDelete('CASCADE');
    table.integer('number').notNullable();
    table.text('sender').notNullable();
    table.text('kind');
    table.text('content').notNullable();
    table.text('author_id');
    table.text('author_name');
    table.text('client_id');
    table.text('citations');
    table.boolean('offers_human').notNullable();
    table.integer('reply_to');
    table.bigInteger('reply_due_at');
    table.bigInteger('created_at').notNullable();
    table.unique(['conversation_id', 'number']);
    table.unique(['conversation_id', 'client_id']);
    table.unique(['conversation_id', 'reply_to']);
  });
  await knex.raw('CREATE INDEX messages_due ON messages (reply_due_at) WHERE reply_due_at IS NOT NULL');
}

export async function down(knex) {
  await knex.schema.dropTable('messages');
  await knex.schema.dropTable('conversations');
}
