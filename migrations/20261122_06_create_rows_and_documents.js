// A row version can be searched while since_sync <= visible_sync < until_sync (or until_sync is null),
// so that one UPDATE of data_sources.visible_sync swaps a whole sync in.
export async function up(knex) {
  await knex.schema.createTable('rows', (table) => {
    table.bigIncrements('id');
    table.text('source_id').notNullable().references('data_sources.id');
    table.text('key').notNullable();
    table.text('hash').notNullable();
    table.text('title').notNullable();
    table.text('url');
    table.text('memo');
    table.integer('tokens').notNullable();
    table.integer('documents').notNullable();
    table.integer('since_sync').notNullable();
    table.integer('until_sync');
    table.bigInteger('changed_at').notNullable();
    table.unique(['source_id', 'key', 'since_sync']);
    table.index(['source_id', 'since_sync', 'id']);
  });
  await knex.raw('CREATE INDEX rows_until ON rows (source_id, until_sync) WHERE until_sync IS NOT NULL');
  await knex.schema.createTable('documents', (table) => {
    table.bigIncrements('id');
    table.bigInteger('row_id').notNullable().references('rows.id').onDelete('CASCADE').index();
    table.text('bot_key').notNullable();
    table.text('title').notNullable();
    table.text('text').notNullable();
    table.text('pairs').notNullable().defaultTo('');
  });
  await searchIndex(knex);
}

async function searchIndex(knex) {
  if (knex.client.config.client === 'pg') await tsvectors(knex);
  else await fts5(knex);
}

// bot_key is a column of the index, so that a search reads only the postings of its own bot. pairs has the pairs of
// characters of what is written without spaces (knowledge/pairs.ts).
async function fts5(knex) {
  await knex.raw(
    `CREATE VIRTUAL TABLE documents_search USING fts5(
       bot_key, title, text, pairs, content='documents', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2')`,
  );
  await knex.raw(
    `CREATE TRIGGER documents_search_insert AFTER INSERT ON documents BEGIN
       INSERT INTO documents_search (rowid, bot_key, title, text, pairs)
       VALUES (new.id, new.bot_key, new.title, new.text, new.pairs);
     END`,
  );
  await knex.raw(
    `CREATE TRIGGER documents_search_delete AFTER DELETE ON documents BEGIN
       INSERT INTO documents_search (documents_search, rowid, bot_key, title, text, pairs)
       VALUES ('delete', old.id, old.bot_key, old.title, old.text, old.pairs);
     END`,
  );
}

// As fts5 does it: words without diacritics and with English endings cut, and none of them too frequent to be found.
// The bot is one more lexeme, so that one index holds all that a search asks for.
async function tsvectors(knex) {
  await knex.raw('CREATE TEXT SEARCH DICTIONARY hookbell_words (TEMPLATE = snowball, Language = english)');
  await knex.raw('CREATE TEXT SEARCH CONFIGURATION hookbell (COPY = pg_catalog.english)');
  await knex.raw(
    'ALTER TEXT SEARCH CONFIGURATION hookbell ALTER MAPPING REPLACE english_stem WITH hookbell_words',
  );
  await knex.raw(
    `CREATE FUNCTION hookbell_plain(words text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
     RETURN regexp_replace(normalize(words, NFD), U&'[\\0300-\\036f]', '', 'g')`,
  );
  await knex.raw(
    `ALTER TABLE documents ADD COLUMN search tsvector GENERATED ALWAYS AS (
       setweight(to_tsvector('hookbell', hookbell_plain(title)), 'A')
       || to_tsvector('hookbell', hookbell_plain(text))
       || to_tsvector('hookbell', pairs)
       || array_to_tsvector(ARRAY['bot:' || bot_key])) STORED`,
  );
  await knex.raw('CREATE INDEX documents_search ON documents USING gin (search)');
}

export async function down(knex) {
  const isPostgres = knex.client.config.client === 'pg';
  if (!isPostgres) await knex.raw('DROP TABLE documents_search');
  await knex.schema.dropTable('documents');
  await knex.schema.dropTable('rows');
  if (!isPostgres) return;
  await knex.raw('DROP FUNCTION hookbell_plain');
  await knex.raw('DROP TEXT SEARCH CONFIGURATION hookbell');
  await knex.raw('DROP TEXT SEARCH DICTIONARY hookbell_words');
}
