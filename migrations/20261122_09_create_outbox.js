// `subject` keeps deliveries of one conversation in order: one whose next_attempt_at is null waits for the one before.
// `step` is the place on the retry schedule.
// Every index that the delivery loop reads is partial: finished deliveries are not in it.
export async function up(knex) {
  await knex.schema.createTable('events', (table) => {
    table.bigIncrements('seq');
    table.text('bot_id').notNullable();
    table.text('type').notNullable();
    table.text('source_id');
    table.text('subject');
    table.text('body').notNullable();
    table.boolean('test').notNullable();
    table.bigInteger('created_at').notNullable().index();
    table.index(['bot_id', 'seq']);
  });
  await knex.schema.createTable('deliveries', (table) => {
    table.bigIncrements('seq');
    table.text('id').notNullable().unique();
    table.bigInteger('event_seq').notNullable().references('events.seq').index();
    table.text('webhook_id').notNullable().references('webhooks.id');
    table.text('subject');
    table.text('status').notNullable();
    table.integer('attempts').notNullable().defaultTo(0);
    table.integer('step').notNullable().defaultTo(0);
    table.bigInteger('next_attempt_at');
    table.text('lease_token');
    table.bigInteger('lease_until');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('finished_at');
    table.index(['webhook_id', 'seq']);
    table.index(['webhook_id', 'status', 'seq']);
  });
  await knex.raw(
    "CREATE INDEX deliveries_due ON deliveries (webhook_id, next_attempt_at, seq) WHERE status = 'pending'",
  );
  await knex.raw(
    "CREATE INDEX deliveries_in_order ON deliveries (subject, webhook_id, seq) WHERE subject IS NOT NULL AND status IN ('pending', 'sending')",
  );
  await knex.raw("CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE status = 'sending'");
  await knex.raw(
    'CREATE INDEX deliveries_finished ON deliveries (finished_at) WHERE finished_at IS NOT NULL',
  );
  await knex.schema.createTable('attempts', (table) => {
    table.bigIncrements('id');
    table.bigInteger('delivery_seq').notNullable().references('deliveries.seq').onDelete('CASCADE').index();
    table.integer('attempt').notNullable();
    table.bigInteger('started_at').notNullable();
    table.integer('duration_ms').notNullable();
    table.text('url').notNullable();
    table.integer('status');
    table.text('error');
    table.text('request_headers').notNullable();
    table.text('response_headers');
    table.text('response_body');
    table.boolean('truncated').notNullable();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('attempts');
  await knex.schema.dropTable('deliveries');
  await knex.schema.dropTable('events');
}
