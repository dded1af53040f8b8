/** Brevet's own PostgreSQL, looked at from outside: what one durable insert costs there, and how often it has synced. */
import pg from 'pg';
import { postgresSocket } from './machine.ts';

export type DatabaseProbe = {
  /** One row, committed and on the disk: how long it took. */
  durableInsertMs(): Promise<number>;
  /** Syncs of the write-ahead log by connections, our own left out; sessions report them at most once a second. */
  syncs(): Promise<number>;
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>;
  close(): Promise<void>;
};

export async function openProbe(brevetPid: number): Promise<DatabaseProbe> {
  const client = new pg.Client({ ...postgresSocket(brevetPid), user: 'brevet', database: 'brevet' });
  await client.connect();
  await client.query(
    'create table if not exists bench_inserts (id bigint generated always as identity primary key, at timestamptz not null, facts jsonb not null)',
  );
  const facts = JSON.stringify({ kind: 'rank', before: [8001110], after: [8001111] });
  let ownSyncs = 0;
  return {
    async durableInsertMs() {
      const startedMs = performance.now();
      await client.query({
        name: 'bench-insert',
        text: 'insert into bench_inserts (at, facts) values (now(), $1)',
        values: [facts],
      });
      ownSyncs += 1;
      return performance.now() - startedMs;
    },
    async syncs() {
      await client.query('select pg_stat_force_next_flush()');
      const { rows } = await client.query<{ fsyncs: string }>(
        "select coalesce(sum(fsyncs), 0) as fsyncs from pg_stat_io where object = 'wal' and backend_type = 'client backend'",
      );
      return Number(rows[0]?.fsyncs ?? 0) - ownSyncs;
    },
    query: async <Row extends pg.QueryResultRow>(sql: string) => (await client.query<Row>(sql)).rows,
    async close() {
      await client.query('drop table if exists bench_inserts');
      await client.end();
    },
  };
}
