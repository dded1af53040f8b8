/**
 * A whole Brevet for a test file: real database, emulated Roblox, the real wiring; only the socket is left out. Its
 * workspace comes from a workspace document, as an operator's would.
 */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import pg from 'pg';
import { pino } from 'pino';
import { buildApp } from '../../src/app.ts';
import { compose } from '../../src/compose.ts';
import { parseConfig } from '../../src/config.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { applyDocument } from '../../src/operations/apply-document.ts';
import type { Deps } from '../../src/operations/deps.ts';
import { parseDocument } from '../../src/operations/workspace-document.ts';
import { freshDatabase } from './database.ts';

export const weskKey = 'wesk_of-the-tests-0123456789';
export const openCloudKey = 'emulator-bot-open-cloud-key';
export const adminToken = 'admin-token-of-the-tests';
export const encryptionKey = Buffer.alloc(32, 7).toString('base64');

export type Call = {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  headers?: Record<string, string>;
  body?: unknown;
};
export type Answer = { status: number; headers: Record<string, unknown>; json: unknown; text: string };

export type Brevet = {
  readonly app: FastifyInstance;
  readonly deps: Deps;
  readonly emulator: Emulator;
  readonly connectionString: string;
  /** What the server logged so far. */
  readonly logged: () => string;
  /** A request as a client would send it; `/v1` requests carry the WESK key unless `headers` say otherwise. */
  call(path: string, call?: Call): Promise<Answer>;
  apply(document: object): Promise<void>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Ladder and side roles a member holds at Roblox, the base role left out, ascending. */
  rolesOf(userId: number, groupId?: number): number[];
  /** Names of the Roblox endpoints called since `since`. */
  callsSince(since: number): string[];
  callCount(): number;
  /** Moves the database's clock, and so every lease and expiry. */
  shiftDatabaseClock(seconds: number): Promise<void>;
  close(): Promise<void>;
};

/** Acme Airways of the emulator's default world, ladder confirmed, rules to promote and demote by. */
export function acme(more: object = {}): object {
  return {
    workspace: { slug: 'acme', name: 'Acme Airways', plan: 'max' },
    credential: { kind: 'openCloud', value: openCloudKey },
    groups: [{ id: 7001, main: true, ladder: [7001102, 7001103, 7001104, 7001106, 7001107, 7001109] }],
    keys: [{ dialect: 'wesk', value: weskKey, label: 'Lobby', groupId: 7001 }],
    rules: [
      { groupId: 7001, kind: 'promote', fromRank: 3, toRank: 5, enabled: true, order: 1 },
      { groupId: 7001, kind: 'promote', fromRank: 5, toRank: 10, enabled: true, order: 2 },
      { groupId: 7001, kind: 'promote', fromRank: 10, toRank: 20, enabled: true, order: 3 },
      { groupId: 7001, kind: 'demote', fromRank: 10, toRank: 5, enabled: true, order: 1 },
    ],
    ...more,
  };
}

export type BrevetOptions = {
  readonly seed?: unknown;
  readonly document?: object;
  /** As many Roblox calls a minute as one likes; the seed must switch the emulator's limits off as well. */
  readonly unpaced?: boolean;
  /** Another way to the same database. */
  readonly through?: (connectionString: string) => Promise<string>;
};

export async function startBrevet(options: BrevetOptions = {}): Promise<Brevet> {
  const database = await freshDatabase();
  const emulator = await startEmulator(options.seed === undefined ? {} : { seed: options.seed });
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const config = parseConfig(
    {
      DATABASE_URL: (await options.through?.(database.connectionString)) ?? database.connectionString,
      ENCRYPTION_KEY: encryptionKey,
      ROBLOX_UPSTREAM: emulator.url,
      ADMIN_TOKEN: adminToken,
    },
    '/',
  );
  const parts = await compose(config, log, options.unpaced === true ? { perMinute: () => 6_000_000 } : {});
  const { deps } = parts;
  const app = await buildApp({
    config,
    deps,
    log,
    version: 'test',
    managementTokens: () => [adminToken],
    notReady: parts.notReady,
  });
  await app.ready();
  const pool = new pg.Pool({ connectionString: database.connectionString, max: 2 });
  pool.on('error', () => {}); // the database is dropped under connections that are still closing
  const brevet: Brevet = {
    app,
    deps,
    emulator,
    connectionString: database.connectionString,
    logged: () => lines.join(''),
    async call(path, { method, headers, body } = {}) {
      const key = path.toLowerCase().startsWith('/v1') ? { 'x-api-key': weskKey } : {};
      const response: LightMyRequestResponse = await app.inject({
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        url: path,
        headers: { ...key, ...headers },
        ...(body === undefined
          ? {}
          : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
      });
      const isJson = String(response.headers['content-type'] ?? '').includes('json');
      return {
        status: response.statusCode,
        headers: response.headers,
        text: response.body,
        json: isJson ? response.json() : undefined,
      };
    },
    async apply(document) {
      await applyDocument(deps, parseDocument(document));
    },
    query: async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
      (await pool.query<Row>(sql, values)).rows,
    rolesOf(userId, groupId = 7001) {
      const group = emulator.world.groups.get(groupId);
      const base = [...(group?.roles.values() ?? [])].find((role) => role.isBase)?.id;
      return [...(group?.members.get(userId)?.roleIds ?? [])].filter((id) => id !== base).sort((a, b) => a - b);
    },
    callsSince: (since) =>
      emulator
        .requests()
        .slice(since)
        .map((request) => String(request.endpoint)),
    callCount: () => emulator.requests().length,
    async shiftDatabaseClock(seconds) {
      await pool.query('update installation set clock_shift = clock_shift + make_interval(secs => $1)', [seconds]);
    },
    async close() {
      await app.close();
      await parts.close();
      await emulator.close();
      await pool.end();
      await database.drop();
    },
  };
  await brevet.apply(options.document ?? acme());
  return brevet;
}
