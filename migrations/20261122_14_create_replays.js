// A replay picks what had finished by its `created_at`, in steps by seq: `after_seq` is the last one it took, `last_seq`
// where it ends; `paced_until` (ms) is up to when its throttle has been used.
// deliveries_replayable holds all that counting needs, so that a preview of a million reads no delivery; only finished
// deliveries are in it, so that those on their way pay nothing for it.
export async function up(knex) {
  await knex.schema.createTable('replays', (table) => {
    table.text('id').primary();
    table.text('webhook_id').notNullable().references('webhooks.id').onDelete('CASCADE');
    table.bigInteger('since').notNullable();
    table.bigInteger('until');
    table.text('status').notNullable();
    table.integer('per_second');
    table.text('state').notNullable();
    table.integer('total').notNullable();
    table.integer('done').notNullable();
    table.bigInteger('after_seq').notNullable();
    table.bigInteger('last_seq').notNullable();
    table.bigInteger('paced_until').notNullable();
    table.text('created_by').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('finished_at').index();
    table.index(['webhook_id', 'created_at', 'id']);
  });
  await knex.raw("CREATE UNIQUE INDEX replays_running ON replays (webhook_id) WHERE state = 'running'");
  await knex.raw(
    'CREATE INDEX deliveries_replayable ON deliveries (webhook_id, status, created_at, finished_at, seq) WHERE finished_at IS NOT NULL',
  );
}

export async function down(knex) {
  await knex.raw('DROP INDEX deliveries_replayable');
  await knex.schema.dropTable('replays');
}
