/** The database goes away under a living server and comes back (docs/errors.md, storage.unavailable). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Brevet, startBrevet } from './harness/brevet.ts';
import { type Severable, severable } from './harness/severable.ts';

let brevet: Brevet;
let line: Severable;

beforeEach(async () => {
  brevet = await startBrevet({
    async through(connectionString) {
      line = await severable(connectionString);
      return line.connectionString;
    },
  });
});
afterEach(async () => {
  await brevet.close();
  await line.cut();
});

const promote = () => brevet.call('/v1/groups/7001/promote', { body: { robloxUserId: 2021 } });
const ready = async () => (await brevet.call('/readyz')).status;

test('requests get 503 in shape, /readyz says so, and service resumes by itself', async () => {
  expect(await ready()).toBe(200);
  await line.cut();
  const since = brevet.callCount();
  const answer = await promote();
  expect(answer.status).toBe(503);
  expect(answer.json).toMatchObject({ error: { code: 'INTERNAL_ERROR' } });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(brevet.callsSince(since)).toEqual([]);
  expect(await ready()).toBe(503);
  expect((await brevet.call('/healthz')).status).toBe(200);

  await line.mend();
  expect((await promote()).json).toMatchObject({ fromRank: 3, toRank: 5 });
  expect(await ready()).toBe(200);
});

test('gone between the write and its verdict: "may have been applied", and the next request finds it done', async () => {
  brevet.emulator.addFault({ endpoint: 'cloudUnassignRole', kind: 'latency', ms: 300 });
  const answer = promote();
  const assigned = () => brevet.emulator.requests().some((request) => request.endpoint === 'cloudAssignRole');
  while (!assigned()) await new Promise((resolve) => setImmediate(resolve));
  await line.cut();
  expect((await answer).text).toContain('may have been applied');
  await line.mend();
  await brevet.shiftDatabaseClock(60);
  expect((await promote()).json).toMatchObject({ fromRank: 5, toRank: 10 });
  expect(brevet.rolesOf(2021)).toEqual([7001106]);
});
