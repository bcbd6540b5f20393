// To find visitors by how their name or address begins, whatever was written large. Both are short in the index:
// PostgreSQL refuses entries of more than 2,700 bytes. user_data may hold what its jsonb does not take (\u0000).
export async function up(knex) {
  if (knex.client.config.client === 'pg') {
    await knex.raw(
      `CREATE FUNCTION hookbell_visitor_name(user_data text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
       BEGIN
         RETURN substr(lower(user_data::jsonb ->> 'name'), 1, 200);
       EXCEPTION WHEN others THEN
         RETURN NULL;
       END $$`,
    );
    await knex.raw(
      `CREATE INDEX conversations_email ON conversations (substr(lower(user_email), 1, 200) COLLATE "C")
       WHERE user_email IS NOT NULL`,
    );
    await knex.raw(
      `CREATE INDEX conversations_name ON conversations (hookbell_visitor_name(user_data) COLLATE "C")
       WHERE user_data <> '{}'`,
    );
    return;
  }
  await knex.raw(
    `CREATE INDEX conversations_email ON conversations (substr(lower(user_email), 1, 200))
     WHERE user_email IS NOT NULL`,
  );
  await knex.raw(
    `CREATE INDEX conversations_name ON conversations (substr(lower(json_extract(user_data, '$.name')), 1, 200))
     WHERE user_data <> '{}'`,
  );
}

export async function down(knex) {
  await knex.raw('DROP INDEX conversations_name');
  await knex.raw('DROP INDEX conversations_email');
  if (knex.client.config.client === 'pg') await knex.raw('DROP FUNCTION hookbell_visitor_name');
}
