/** The embedded PostgreSQL cannot run here as things are; the message says why and what to do. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
}

export const useServerInstead = 'or set DATABASE_URL to a PostgreSQL server (15 or later)';
