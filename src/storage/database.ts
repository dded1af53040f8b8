/** The connection pool, the Kysely instance over it, and how PostgreSQL's types arrive in JavaScript. */
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { Refused } from '../domain/refusals.ts';
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
  const pool = new pg.Pool({
    connectionString,
    max: poolMax,
    connectionTimeoutMillis: 4000,
    query_timeout: 30_000,
    keepAlive: true,
  });
  // an idle connection that breaks (PostgreSQL restarting) must not end the process; the next query gets a new one
  // and one that breaks while we close anyway (the embedded PostgreSQL stopping) is nobody's concern
  pool.on('error', (error) => {
    if (!pool.ending) onError(error);
  });
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

/** The same with the database's time as `p.now`: asking for it is dear enough to be done once a statement. */
export function givenNow(columns: string): string {
  return `p as materialized (select *, brevet_now() as now from jsonb_to_record($1::jsonb) as p(${columns}))`;
}

export function runPrepared<Row extends pg.QueryResultRow>(
  database: Database,
  statement: Statement,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Row[]> {
  return runValues(database, statement, [JSON.stringify(parameters)]);
}

/** The same for a statement with few inputs, which it calls $1, $2, …: it is spared the unpacking. */
export async function runValues<Row extends pg.QueryResultRow>(
  database: Database,
  { name, text }: Statement,
  values: unknown[],
): Promise<Row[]> {
  try {
    return (await database.pool.query<Row>({ name, text, values })).rows;
  } catch (error) {
    throw isUnreachable(error) ? new Refused({ code: 'storage.unavailable' }) : error;
  }
}

/** Whether PostgreSQL could not be spoken to, as opposed to having refused a statement. */
export function isUnreachable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // class 08: connection; 57P: shutting down, starting up; 53300: too many connections
  if (error instanceof pg.DatabaseError) return /^(08|57P|53300)/.test(error.code ?? '');
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined)
    return ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code);
  // pg's own words, which carry no code
  return /timeout|terminated|not queryable|Connection ended/i.test(error.message);
}

/** The guard named by `brevet_abort`, when that is what ended a statement. */
export function abortedGuard(error: unknown): string | null {
  return error instanceof pg.DatabaseError && error.code === 'BR001' ? error.message : null;
}
