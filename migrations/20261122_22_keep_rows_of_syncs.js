// What a sync did, row by row: `counts` holds how many of each outcome, sync_rows the first of them. A data source says
// how many of a hundred rows may fail.
export async function up(knex) {
  await knex.schema.createTable('sync_rows', (table) => {
    table.text('sync_id').notNullable().references('syncs.id').onDelete('CASCADE');
    table.integer('seq').notNullable();
    table.text('outcome').notNullable();
    table.text('key').notNullable();
    table.text('title').notNullable();
    table.text('reason');
    table.boolean('kept');
    table.primary(['sync_id', 'seq']);
  });
  await knex.schema.alterTable('data_sources', (table) => {
    table.integer('max_failed_percent').notNullable().defaultTo(10);
  });
  await moveProblems(knex);
  // Knex would make the table anew.
  await knex.raw('ALTER TABLE syncs RENAME COLUMN problems TO counts');
}

// They were the failed rows, up to a hundred of a sync.
async function moveProblems(knex) {
  for (let last = ''; ; ) {
    const syncs = await knex('syncs')
      .where('id', '>', last)
      .whereNotNull('problems')
      .orderBy('id')
      .limit(50)
      .select('id', 'problems');
    if (syncs.length === 0) return;
    last = syncs.at(-1).id;
    for (const { id, problems } of syncs) {
      const rows = JSON.parse(problems).first.map(({ key, reason }, seq) => ({
        sync_id: id,
        seq,
        outcome: 'failed',
        key,
        title: '',
        reason,
      }));
      if (rows.length > 0) await knex('sync_rows').insert(rows);
      await knex('syncs').where({ id }).update({ problems: null });
    }
  }
}

export async function down(knex) {
  await knex.schema.alterTable('data_sources', (table) => {
    table.dropColumn('max_failed_percent');
  });
  await knex('syncs').update({ counts: null });
  await knex.raw('ALTER TABLE syncs RENAME COLUMN counts TO problems');
  await knex.schema.dropTable('sync_rows');
}
