/** What PostgreSQL says about itself, for those who look an installation over. */

import { Refused } from '../domain/refusals.ts';
import { type Database, isUnreachable } from './database.ts';

export type DatabaseFacts = {
  /** "18.1" */
  readonly serverVersion: string;
  /** Its wall clock, as it is: not moved as tests move `brevet_now()`. */
  readonly now: Date;
};

export async function readDatabaseFacts(database: Database): Promise<DatabaseFacts> {
  try {
    const { rows } = await database.pool.query<{ version: string; now: Date }>(
      "select current_setting('server_version') as version, clock_timestamp() as now",
    );
    const [row] = rows;
    if (row === undefined) throw new Error('PostgreSQL answered no row');
    return { serverVersion: row.version.split(' ')[0] ?? row.version, now: row.now };
  } catch (error) {
    throw isUnreachable(error) ? new Refused({ code: 'storage.unavailable' }) : error;
  }
}
