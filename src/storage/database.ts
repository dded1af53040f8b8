/** The connection pool, the Kysely instance over it, and how PostgreSQL's types arrive in JavaScript. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Tables } from './tables.ts';

// bigint columns hold Roblox ids and counters, all below 2^53; arrays of them hold no nulls
const bigintArrayOid = 1016;
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(bigintArrayOid as never, (text: string) =>
  text === '{}' ? [] : text.slice(1, -1).split(',').map(Number),
);

export type Database = {
  readonly pool: pg.Pool;
  readonly kysely: Kysely<Tables>;
  close(): Promise<void>;
};

/** `poolMax`: how many connections this process may hold. */
export function openDatabase(connectionString: string, poolMax: number, onError: (error: Error) => void): Database {
  const pool = new pg.Pool({ connectionString, max: poolMax, connectionTimeoutMillis: 3000, keepAlive: true });
  // an idle connection that breaks (PostgreSQL restarting) must not end the process; the next query gets a new one
  pool.on('error', onError);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { pool, kysely, close: () => kysely.destroy() };
}

/**
 * A statement prepared once a connection, for the few that run with every rank change. Its one parameter is a JSON object;
 * `given` turns that into a row `p` with named, typed columns, so that statements with twenty inputs stay readable.
 */
export type Statement = { readonly name: string; readonly text: string };

export function given(columns: string): string {
  return `p as materialized (select * from jsonb_to_record($1::jsonb) as p(${columns}))`;
}

export async function runPrepared<Row extends pg.QueryResultRow>(
  database: Database,
  statement: Statement,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  const result = await database.pool.query<Row>({
    name: statement.name,
    text: statement.text,
    values: [JSON.stringify(parameters)],
  });
  return result.rows;
}

/** The guard named by `brevet_abort`, when that is what ended a statement. */
export function abortedGuard(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code === 'BR001' ? error.message : null;
}
