export async function up(knex) {
  await knex.schema.createTable('audit_log', (table) => {
    table.bigIncrements('id');
    table.bigInteger('at').notNullable();
    table.text('actor_id');
    table.text('actor').notNullable();
    table.text('action').notNullable();
    table.text('subject').notNullable();
    table.text('subject_id');
    table.text('details').notNullable();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('audit_log');
}
