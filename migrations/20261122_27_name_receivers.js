// Those that are there are numbered as they would have been.
export async function up(knex) {
  await knex.schema.alterTable('receivers', (table) => {
    table.text('name').notNullable().defaultTo('');
  });
  const ids = await knex('receivers').orderBy(['created_at', 'id']).pluck('id');
  for (const [index, id] of ids.entries()) {
    await knex('receivers')
      .where({ id })
      .update({ name: `Test receiver ${index + 1}` });
  }
}

export async function down(knex) {
  // Knex would make the table anew.
  await knex.raw('ALTER TABLE receivers DROP COLUMN name');
}
