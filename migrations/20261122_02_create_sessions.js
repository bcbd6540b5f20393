// The columns are connect-session-knex's.
export async function up(knex) {
  await knex.schema.createTable('sessions', (table) => {
    table.string('sid').primary();
    table.json('sess').notNullable();
    table.timestamp('expired').notNullable().index();
  });
}

export async function down(knex) {
  await knex.schema.dropTable('sessions');
}
