import { defineConfig } from 'vitest/config';

/**
 * unit: pure, seconds, no database, no build. database: everything that needs PostgreSQL (embedded, or DATABASE_URL with
 * `npm run test:server`). journeys: whole processes, started and killed. foreign: clients that others wrote, on the emulator.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/*.test.ts', 'src/{domain,roblox,emulator,telemetry}/**/*.test.ts', 'scripts/*.test.mjs'],
        },
      },
      {
        test: {
          name: 'database',
          include: ['src/{storage,operations,dialects,jobs,cli}/**/*.test.ts', 'test/*.test.ts'],
          globalSetup: ['test/harness/database-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'journeys',
          include: ['src/database/**/*.test.ts', 'test/journeys/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'foreign',
          include: ['test/foreign/**/*.test.ts'],
          globalSetup: ['test/foreign/install.mjs'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    maxWorkers: 2,
  },
});
