/** `brevet start` with its embedded database: killed, starved of its database, started twice, started wrongly. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { placeCluster } from '../../src/database/placement.ts';
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import { acme, weskKey } from '../harness/brevet.ts';
import { nothingRunsAround, removeTemporaryFolders, temporaryFolder } from '../harness/database-folders.ts';
import { endPrograms, type Program, runProgram } from '../harness/program.ts';
import { until } from '../harness/until.ts';

let emulator: Emulator;
let dataDir: string;
let env: Record<string, string>;

beforeEach(async () => {
  emulator = await startEmulator({});
  dataDir = path.join(await temporaryFolder(), 'data');
  env = { PORT: '0', DATA_DIR: dataDir, ROBLOX_UPSTREAM: emulator.url, LOG_LEVEL: 'warn' };
});
afterEach(async () => {
  endPrograms();
  await nothingRunsAround(dataDir);
  await emulator.close();
  await removeTemporaryFolders([dataDir]);
});

type Server = { program: Program; url: string };

async function start(): Promise<Server> {
  const program = runProgram(['start', '--json'], env);
  const { localUrl } = await program.firstJson<{ localUrl: string }>();
  return { program, url: localUrl };
}

async function stop({ program }: Server): Promise<void> {
  program.kill('SIGINT');
  expect(await program.ended()).toEqual({ code: 0, signal: null });
}

async function apply(): Promise<void> {
  const file = path.join(path.dirname(dataDir), 'acme.json');
  await writeFile(file, JSON.stringify(acme()));
  const command = runProgram(['apply', file], env);
  expect(await command.ended(), command.stderr()).toMatchObject({ code: 0 });
}

type Sent = { status: number; body: unknown } | null;

/** Null: no answer, as a game server would see a restart. */
async function send(url: string, action: string, body: object, key?: string): Promise<Sent> {
  try {
    const response = await fetch(`${url}/v1/groups/7001/${action}`, {
      method: 'POST',
      headers: { 'x-api-key': weskKey, ...(key === undefined ? {} : { 'idempotency-key': key }) },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return null;
  }
}

const ladderRank = (userId: number) => {
  const group = emulator.world.groups.get(7001);
  const ladder = [7001102, 7001103, 7001104, 7001106, 7001107, 7001109];
  return [...(group?.members.get(userId)?.roleIds ?? [])]
    .filter((id) => ladder.includes(id))
    .map((id) => group?.roles.get(id)?.rank);
};

test('killed under promotions with keys, four times: every key ends in one 200, every player moved one step', async () => {
  let server = await start();
  await apply();
  const players = Array.from({ length: 10 }, (_, index) => 2021 + index);
  const outcomes = new Map<number, Sent>();
  let isRestarting = false;
  const clients = players.map(async (player) => {
    await until(`player ${player} is promoted`, async () => {
      if (isRestarting) return false;
      const answer = await send(server.url, 'promote', { robloxUserId: player }, `promote-${player}`);
      if (answer?.status !== 200) return false;
      outcomes.set(player, answer);
      return true;
    });
  });
  for (let round = 0; round < 4; round += 1) {
    const done = outcomes.size;
    await until('some more are promoted', () => outcomes.size > done || outcomes.size === players.length);
    isRestarting = true;
    server.program.kill('SIGKILL');
    await server.program.ended();
    server = await start();
    isRestarting = false;
  }
  await Promise.all(clients);
  for (const player of players) {
    expect(outcomes.get(player)?.body).toMatchObject({ fromRank: 3, toRank: 5 });
    expect(ladderRank(player)).toEqual([5]);
    const again = await send(server.url, 'promote', { robloxUserId: player }, `promote-${player}`);
    expect(again).toEqual(outcomes.get(player));
  }
  await stop(server);
});

test('PostgreSQL killed under a living server: 503 in shape, not ready, and service comes back by itself', async () => {
  const server = await start();
  await apply();
  expect((await send(server.url, 'promote', { robloxUserId: 2021 }))?.status).toBe(200);
  const statuses = new Set<number>();
  const postmaster = await postmasterOf(dataDir);
  process.kill(postmaster, 'SIGKILL');
  await until('the loss is noticed and mended', async () => {
    const answer = await send(server.url, 'rank', { robloxUserId: 2022, rankId: 5 });
    if (answer !== null) statuses.add(answer.status);
    if (answer?.status === 503) expect(answer.body).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
    // caught between the write at Roblox and its verdict
    if (answer?.status === 502) expect(JSON.stringify(answer.body)).toContain('may have been applied');
    return answer?.status === 200;
  });
  for (const status of statuses) expect([200, 502, 503]).toContain(status);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  expect(ladderRank(2022)).toEqual([5]);
  await stop(server);
});

async function postmasterOf(folder: string): Promise<number> {
  const { clusterDir } = await placeCluster(folder, () => {});
  return Number((await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8')).split('\n')[0]);
}

test('a second server on the same folder stops and says who has it', async () => {
  const server = await start();
  const second = runProgram(['start', '--json'], env);
  expect((await second.ended()).code).toBe(1);
  expect(second.stderr()).toContain(dataDir);
  expect(second.stderr()).toContain(String(server.program.pid));
  expect(second.stderr()).not.toContain('    at ');
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  await stop(server);
});

test('a request under way is answered before the server ends', async () => {
  const server = await start();
  await apply();
  emulator.addFault({ endpoint: 'cloudAssignRole', kind: 'latency', ms: 700 });
  const answer = send(server.url, 'promote', { robloxUserId: 2021 });
  await until('Roblox is asked', () =>
    emulator.requests().some((request) => request.endpoint === 'cloudListMemberships'),
  );
  await stop(server);
  expect((await answer)?.status).toBe(200);
  expect(ladderRank(2021)).toEqual([5]);
});

test('Roblox hangs: the server ends all the same, the client is told, and the next start settles it', async () => {
  const server = await start();
  await apply();
  emulator.addFault({ endpoint: 'cloudAssignRole', kind: 'hang' });
  const answer = send(server.url, 'promote', { robloxUserId: 2021 }, 'hung');
  await until('Roblox is asked', () => emulator.requests().some((request) => request.endpoint === 'cloudAssignRole'));
  await stop(server);
  expect(await answer).toMatchObject({ status: 502, body: { error: { code: 'ROBLOX_API_ERROR' } } });
  const next = await start();
  expect(await send(next.url, 'promote', { robloxUserId: 2021 }, 'hung')).toMatchObject({ status: 200 });
  expect(ladderRank(2021)).toEqual([5]);
  await stop(next);
});

describe('what is wrong with the surroundings is said, without a stack', () => {
  test('all mistakes in the environment at once, exit code 2', async () => {
    const program = runProgram(['start'], { ...env, PORT: 'x', LOG_LEVEL: 'loud' });
    expect((await program.ended()).code).toBe(2);
    expect(program.stderr()).toMatch(/PORT .*\n.*LOG_LEVEL/s);
    expect(program.stderr()).not.toContain('    at ');
  });

  test('a database server that is not there', async () => {
    const key = Buffer.alloc(32, 1).toString('base64');
    const program = runProgram(['start'], {
      ...env,
      DATABASE_URL: 'postgres://nobody@127.0.0.1:9/none',
      ENCRYPTION_KEY: key,
    });
    expect((await program.ended()).code).toBe(1);
    expect(program.stderr()).toMatch(/database cannot be reached/i);
    expect(program.stderr()).not.toContain('    at ');
  });

  test('another encryption key than the one the secrets were written with', async () => {
    await stop(await start());
    const program = runProgram(['start'], { ...env, ENCRYPTION_KEY: Buffer.alloc(32, 9).toString('base64') });
    expect((await program.ended()).code).toBe(1);
    expect(program.stderr()).toMatch(/another ENCRYPTION_KEY/);
  });
});
