// Counters, so that no chart has to read the attempts. A row of delivery_figures says how many attempts of a webhook
// ended within `span` ms from `since` on, with this outcome, after about as long as its bucket of durations is.
// A row of backlog_figures holds the most that was seen waiting, and the longest that any of it was due.
export async function up(knex) {
  await knex.schema.createTable('delivery_figures', (table) => {
    table.text('webhook_id').notNullable().references('webhooks.id').onDelete('CASCADE');
    table.integer('span').notNullable();
    table.bigInteger('since').notNullable();
    table.text('outcome').notNullable();
    table.integer('bucket').notNullable();
    table.bigInteger('attempts').notNullable();
    table.primary(['webhook_id', 'span', 'since', 'outcome', 'bucket']);
    table.index(['span', 'since']);
  });
  await knex.schema.createTable('backlog_figures', (table) => {
    table.text('webhook_id').notNullable().references('webhooks.id').onDelete('CASCADE');
    table.integer('span').notNullable();
    table.bigInteger('since').notNullable();
    table.bigInteger('waiting').notNullable();
    table.bigInteger('oldest_due_ms').notNullable();
    table.primary(['webhook_id', 'span', 'since']);
    table.index(['span', 'since']);
  });
}

export async function down(knex) {
  await knex.schema.dropTable('backlog_figures');
  await knex.schema.dropTable('delivery_figures');
}
