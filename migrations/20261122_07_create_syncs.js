export async function up(knex) {
  await knex.schema.createTable('syncs', (table) => {
    table.text('id').primary();
    table.text('source_id').notNullable().references('data_sources.id');
    table.text('trigger').notNullable();
    table.boolean('force').notNullable();
    table.text('status').notNullable();
    table.integer('tries').notNullable().defaultTo(0);
    table.bigInteger('done').notNullable().defaultTo(0);
    table.bigInteger('total');
    table.text('current');
    table.text('results');
    table.text('reason');
    table.text('problems');
    table.text('lease_token');
    table.bigInteger('lease_until');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('started_at');
    table.bigInteger('finished_at');
    table.index(['source_id', 'id']);
  });
  await knex.raw("CREATE UNIQUE INDEX syncs_one_queued ON syncs (source_id) WHERE status = 'queued'");
  await knex.raw("CREATE UNIQUE INDEX syncs_one_running ON syncs (source_id) WHERE status = 'running'");
  await knex.raw('CREATE INDEX syncs_finished ON syncs (finished_at) WHERE finished_at IS NOT NULL');
}

export async function down(knex) {
  await knex.schema.dropTable('syncs');
}
