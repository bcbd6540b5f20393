// `visible_sync` is the number of the sync whose rows can be searched; `last_sync` the number handed out last.
// Only a sync that changes rows takes a number.
export async function up(knex) {
  await knex.schema.createTable('data_sources', (table) => {
    table.text('id').primary();
    table.text('bot_id').notNullable().references('bots.id').index();
    table.text('name').notNullable();
    table.text('type').notNullable();
    table.text('config').notNullable();
    table.text('schedule');
    table.boolean('enabled').notNullable();
    table.bigInteger('next_sync_at');
    table.integer('visible_sync').notNullable().defaultTo(0);
    table.integer('last_sync').notNullable().defaultTo(0);
    table.text('memo');
    table.bigInteger('row_count').notNullable().defaultTo(0);
    table.bigInteger('document_count').notNullable().defaultTo(0);
    table.bigInteger('token_count').notNullable().defaultTo(0);
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.bigInteger('deleted_at');
  });
  await knex.raw(
    'CREATE INDEX data_sources_next ON data_sources (next_sync_at) WHERE next_sync_at IS NOT NULL',
  );
  await knex.raw(
    'CREATE INDEX data_sources_deleted ON data_sources (deleted_at) WHERE deleted_at IS NOT NULL',
  );
  await knex.schema.createTable('files', (table) => {
    table.text('id').primary();
    table.text('source_id').notNullable().references('data_sources.id').onDelete('CASCADE');
    table.text('name').notNullable();
    table.bigInteger('bytes').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['source_id', 'name']);
  });
}

export async function down(knex) {
  await knex.schema.dropTable('files');
  await knex.schema.dropTable('data_sources');
}
