import type { Knex } from 'knex';

export const isPostgres = (connection: Knex): boolean => connection.client.config.client === 'pg';

type Columns = Record<string, 'bigint' | 'integer' | 'real' | 'text' | 'boolean'>;

/**
 * A table out of one JSON parameter, `(…) AS name`, for statements that write many rows at once: neither the
 * number of bound values nor of rows is limited, and nothing is built in JavaScript but the JSON.
 * Bind `JSON.stringify(rows)` to its one `?`; the keys of a row are the names of the columns.
 */
export function records(connection: Knex, name: string, columns: Columns): string {
  const entries = Object.entries(columns);
  if (isPostgres(connection)) {
    return `json_to_recordset(?::json) AS ${name}(${entries.map(([column, type]) => `${column} ${type}`).join(', ')})`;
  }
  const picked = entries.map(([column]) => `value ->> '$.${column}' AS ${column}`).join(', ');
  return `(SELECT ${picked} FROM json_each(?)) AS ${name}`;
}
