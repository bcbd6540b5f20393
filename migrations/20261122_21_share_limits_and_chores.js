// What processes on one PostgreSQL share; on SQLite there is one process, which keeps both in its memory.
// rate_limits has the columns of rate-limiter-flexible. It is unlogged: a count that a crash of the server loses is no
// loss, and no call waits for the disk. A chore is done by `holder` until `until` (ms, by the clock of the database).
export async function up(knex) {
  if (knex.client.config.client !== 'pg') return;
  await knex.raw(
    'CREATE UNLOGGED TABLE rate_limits (key text PRIMARY KEY, points integer NOT NULL DEFAULT 0, expire bigint)',
  );
  await knex.raw('CREATE INDEX rate_limits_expire ON rate_limits (expire)');
  await knex.schema.createTable('chores', (table) => {
    table.text('name').primary();
    table.text('holder').notNullable();
    table.bigInteger('until').notNullable();
  });
}

export async function down(knex) {
  if (knex.client.config.client !== 'pg') return;
  await knex.schema.dropTable('chores');
  await knex.schema.dropTable('rate_limits');
}
