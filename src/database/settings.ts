/**
 * How the embedded PostgreSQL is set up: durable before all, and small, because it shares a small machine with Node
 * (together at most 260 MB). The file is written at every start, so that a new version of Brevet brings its settings along.
 */
export type Settings = Readonly<Record<string, string>>;

export const clusterSettings: Settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: '40',
  shared_buffers: '32MB',
  work_mem: '4MB',
  maintenance_work_mem: '32MB',
  effective_cache_size: '256MB',
  huge_pages: 'off',
  max_wal_size: '256MB',
  min_wal_size: '48MB',
  // nothing replicates from here, so the log need not carry what only replicas read, and their processes are not started
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  // three extra processes would do the reading for bigger machines
  io_method: 'sync',
  max_parallel_workers_per_gather: '0',
  max_parallel_maintenance_workers: '0',
  jit: 'off',
  random_page_cost: '1.1',
  // turns, limits and counters are few rows, updated all the time: clean them early
  autovacuum_max_workers: '2',
  autovacuum_naptime: '30s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_analyze_scale_factor: '0.05',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
  log_checkpoints: 'off',
  // rows and statements can hold what is nobody's business in a log
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

/** The text of a postgresql.conf. */
export function asConfigFile(settings: Settings): string {
  const quoted = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`);
  return `# Written by Brevet at every start; changes made here are lost.\n${lines.join('\n')}\n`;
}
