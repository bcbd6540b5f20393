// `rule` is an entry as OUTBOUND_ALLOW takes it, in its shortest spelling. `created_by` is a name, as in the audit log.
export async function up(knex) {
  await knex.schema.createTable('outbound_rules', (table) => {
    table.text('id').primary();
    table.text('rule').notNullable().unique();
    table.text('note').notNullable();
    table.text('created_by').notNullable();
    table.bigInteger('created_at').notNullable();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('outbound_rules');
}
