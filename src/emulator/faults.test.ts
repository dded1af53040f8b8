import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Emulator } from './emulator.ts';
import type { FaultInput } from './faults.ts';
import { call, closeAll, cloud, control, emulate, heldRoles, legacy, refusal } from './testing/calls.ts';
import { apiKey, cookie, groupId, roleId, rolePath, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const memberships = `/groups/${groupId}/memberships`;
const assign = (emulator: Emulator, verb = 'assignRole', role: number = roleId.captain) =>
  cloud(emulator, 'POST', `${memberships}/${userId.private}:${verb}`, { body: { role: rolePath(role) } });
const setRole = (emulator: Emulator) =>
  legacy(emulator, 'PATCH', `/groups.roblox.com/v1/groups/${groupId}/users/${userId.private}`, {
    body: { roleId: roleId.captain },
  });
const readGroup = (emulator: Emulator) => cloud(emulator, 'GET', `/groups/${groupId}`);

/** Time stands still unless a test moves it. */
const stopped = { clock: { now: () => new Date('2026-01-01T00:00:00Z') } };

async function emulateWith(...faults: FaultInput[]): Promise<Emulator> {
  const emulator = await emulate(smallSeed(), stopped);
  expect((await control(emulator, 'POST', 'faults', faults)).status).toBe(201);
  return emulator;
}

test('a status with its usual body in each family, once, and then all is well', async () => {
  const emulator = await emulateWith({ kind: 'status', status: 503 }, { kind: 'status', status: 500 });
  expect(refusal(await readGroup(emulator))).toEqual([503, 'UNAVAILABLE']);
  expect(refusal(await call(emulator, 'GET', `/groups.roblox.com/v1/groups/${groupId}`))).toEqual([500, 0]);
  expect((await readGroup(emulator)).status).toBe(200);
});

test('a status with a body, headers and retry-after in both forms', async () => {
  const emulator = await emulate(smallSeed(), stopped);
  const status = { kind: 'status', status: 429, retryAfterSeconds: 7 } as const;
  emulator.addFault({ ...status, body: { mine: true }, headers: { 'x-mine': 'yes' } });
  emulator.addFault({ ...status, retryAfterForm: 'date' });
  emulator.addFault({ kind: 'status', status: 429 });
  const first = await readGroup(emulator);
  expect([first.status, first.body, first.headers.get('x-mine'), first.headers.get('retry-after')]).toEqual([
    429,
    { mine: true },
    'yes',
    '7',
  ]);
  expect((await readGroup(emulator)).headers.get('retry-after')).toBe('Thu, 01 Jan 2026 00:00:07 GMT');
  const bare = await readGroup(emulator);
  expect([...refusal(bare), bare.headers.get('retry-after')]).toEqual([429, 'RESOURCE_EXHAUSTED', null]);
});

test('a write can be applied although its answer is an error', async () => {
  const emulator = await emulateWith({ kind: 'status', status: 500, applied: true, endpoint: 'cloudAssignRole' });
  expect((await assign(emulator)).status).toBe(500);
  expect(heldRoles(emulator, userId.private)).toContain(roleId.captain);
});

test('HTML and empty bodies', async () => {
  const emulator = await emulateWith({ kind: 'html', status: 502 }, { kind: 'empty', status: 200 });
  const html = await readGroup(emulator);
  expect([html.status, html.headers.get('content-type'), html.text.startsWith('<!DOCTYPE')]).toEqual([
    502,
    'text/html',
    true,
  ]);
  const empty = await readGroup(emulator);
  expect([empty.status, empty.text, empty.headers.get('content-length')]).toEqual([200, '', '0']);
});

test('a reset connection: nothing was done, and the request is on record without an answer', async () => {
  const emulator = await emulateWith({ kind: 'reset' });
  await expect(assign(emulator)).rejects.toThrow();
  expect(heldRoles(emulator, userId.private)).not.toContain(roleId.captain);
  expect(emulator.requests()).toMatchObject([{ endpoint: 'cloudAssignRole', status: null, faults: ['reset'] }]);
});

test('a lost answer: the write was applied, and the connection broke', async () => {
  const emulator = await emulateWith({ kind: 'applyThenDrop' });
  await expect(assign(emulator)).rejects.toThrow();
  expect(heldRoles(emulator, userId.private)).toContain(roleId.captain);
});

test('a hanging call says nothing until the caller gives up', async () => {
  const emulator = await emulateWith({ kind: 'hang' });
  const giveUp = new AbortController();
  const hanging = fetch(`${emulator.url}/groups.roblox.com/v1/groups/${groupId}`, { signal: giveUp.signal });
  await expect.poll(() => emulator.requests().length).toBe(1);
  expect((await readGroup(emulator)).status).toBe(200);
  expect(emulator.requests()[0]).toMatchObject({ status: null, faults: ['hang'] });
  giveUp.abort();
  await expect(hanging).rejects.toThrow();
});

test('a late write lands when the emulator’s clock gets there, over whatever happened meanwhile', async () => {
  const emulator = await emulateWith({ kind: 'appliedLate', seconds: 30, endpoint: 'cloudPatchMembership' });
  const patch = (role: number) =>
    cloud(emulator, 'PATCH', `${memberships}/${userId.private}`, { body: { role: rolePath(role) } });
  await expect(patch(roleId.captain)).rejects.toThrow();
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.private]);
  await control(emulator, 'POST', 'clock', { advanceSeconds: 29 });
  expect((await patch(roleId.sergeant)).status).toBe(200);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.sergeant]);
  await control(emulator, 'POST', 'clock', { advanceSeconds: 1 });
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.captain]);
});

test('a late write that is forbidden by then does not happen', async () => {
  const emulator = await emulateWith({ kind: 'appliedLate', seconds: 30 });
  await expect(assign(emulator)).rejects.toThrow();
  await legacy(emulator, 'DELETE', `/groups.roblox.com/v1/groups/${groupId}/users/${userId.private}`);
  emulator.advanceClock(30);
  expect(heldRoles(emulator, userId.private)).toEqual([]);
});

test('stale reads lag behind writes by so many seconds, in both families', async () => {
  const emulator = await emulateWith({ kind: 'staleReads', seconds: 10, times: null });
  await assign(emulator);
  const filter = encodeURIComponent(`user == 'users/${userId.private}'`);
  const seen = async () => [
    ((await cloud(emulator, 'GET', `${memberships}?filter=${filter}`)).body as { groupMemberships: { role: string }[] })
      .groupMemberships[0]?.role,
    (
      (await call(emulator, 'GET', `/groups.roblox.com/v2/users/${userId.private}/groups/roles`)).body as {
        data: { role: { rank: number } }[];
      }
    ).data[0]?.role.rank,
  ];
  expect(await seen()).toEqual([rolePath(roleId.private), 10]);
  emulator.advanceClock(6);
  await assign(emulator, 'unassignRole', roleId.private);
  emulator.advanceClock(5);
  // The first write is visible by now, the second is not.
  expect(await seen()).toEqual([rolePath(roleId.captain), 30]);
  emulator.clearFaults();
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.captain]);
});

test('stale reads know who was not a member yet, and requests that were still open', async () => {
  const emulator = await emulateWith({ kind: 'staleReads', seconds: 10, times: null });
  await cloud(emulator, 'POST', `/groups/${groupId}/join-requests/${userId.waiting}:accept`, { body: {} });
  const filter = encodeURIComponent(`user == 'users/${userId.waiting}'`);
  expect((await cloud(emulator, 'GET', `${memberships}?filter=${filter}`)).body).toMatchObject({
    groupMemberships: [],
  });
  expect((await cloud(emulator, 'GET', `/groups/${groupId}/join-requests`)).body).toMatchObject({
    groupJoinRequests: [{ user: `users/${userId.waiting}` }],
  });
  emulator.advanceClock(11);
  expect((await cloud(emulator, 'GET', `/groups/${groupId}/join-requests`)).body).toMatchObject({
    groupJoinRequests: [],
  });
});

test('a fault that needs the action waits until CSRF is out of the way', async () => {
  const emulator = await emulateWith({ kind: 'applyThenDrop', endpoint: 'setUserRole' });
  await expect(setRole(emulator)).rejects.toThrow();
  expect(emulator.requests().map(({ status, faults }) => [status, faults])).toEqual([
    [403, []],
    [null, ['applyThenDrop']],
  ]);
  expect(heldRoles(emulator, userId.private)).toContain(roleId.captain);
});

test('a CSRF rotation spoils a good token, a cookie expiry the session', async () => {
  const emulator = await emulate();
  const headers = { cookie: `.ROBLOSECURITY=${cookie}` };
  const write = (token: string) =>
    call(emulator, 'PATCH', `/groups.roblox.com/v1/groups/${groupId}/users/${userId.private}`, {
      headers: { ...headers, 'x-csrf-token': token },
      body: { roleId: roleId.captain },
    });
  const token = (await write('')).headers.get('x-csrf-token') ?? '';
  emulator.addFault({ kind: 'csrfRotation' });
  const rotated = await write(token);
  expect(rotated.status).toBe(403);
  expect(rotated.headers.get('x-csrf-token')).not.toBe(token);
  expect((await write(rotated.headers.get('x-csrf-token') ?? '')).status).toBe(200);
  emulator.addFault({ kind: 'cookieExpiry' });
  expect((await setRole(emulator)).status).toBe(401);
  expect((await setRole(emulator)).status).toBe(401);
});

test('a rotated cookie comes with an ordinary answer and replaces the old one at once', async () => {
  const emulator = await emulateWith({ kind: 'cookieRotation' });
  const reply = await setRole(emulator);
  expect(reply.status).toBe(200);
  const fresh = /\.ROBLOSECURITY=([^;]+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1];
  expect(fresh).not.toBe(cookie);
  expect(emulator.world.sessions[0]?.cookie).toBe(fresh);
  expect((await setRole(emulator)).status).toBe(401);
});

test.each([
  ['upper', 'X-CSRF-TOKEN'],
  ['title', 'X-Csrf-Token'],
  ['mixed', 'x-cSrF-ToKeN'],
] as const)('header names in %s case', async (spelling, expected) => {
  const emulator = await emulateWith({ kind: 'headerCase', case: spelling });
  const names = await new Promise<string[]>((resolve, reject) => {
    const path = `/groups.roblox.com/v1/groups/${groupId}/users/${userId.private}`;
    const headers = { cookie: `.ROBLOSECURITY=${cookie}`, 'content-length': 0 };
    request(`${emulator.url}${path}`, { method: 'PATCH', headers }, (response) => resolve(response.resume().rawHeaders))
      .on('error', reject)
      .end();
  });
  expect(names.find((name) => name.toLowerCase() === 'x-csrf-token')).toBe(expected);
});

test('latency passes the call on, with its other fault', async () => {
  const emulator = await emulateWith({ kind: 'latency', ms: 1, times: null }, { kind: 'status', status: 503 });
  expect((await readGroup(emulator)).status).toBe(503);
  expect((await readGroup(emulator)).status).toBe(200);
  expect(emulator.requests().map((record) => record.faults)).toEqual([['latency', 'status'], ['latency']]);
});

test('faults choose their calls by endpoint, method, host and path, let some go by, and happen so many times', async () => {
  const emulator = await emulateWith(
    { kind: 'status', status: 500, path: `/cloud/v2${memberships}?*users/${userId.private}*` },
    { kind: 'status', status: 501, host: 'groups.roblox.com', method: 'GET', skip: 1, times: 2 },
  );
  const member = async (user: number) =>
    (await cloud(emulator, 'GET', `${memberships}?filter=${encodeURIComponent(`user == 'users/${user}'`)}`)).status;
  expect([await member(userId.captain), await member(userId.private), await member(userId.private)]).toEqual([
    200, 500, 200,
  ]);
  const old = async () => (await call(emulator, 'GET', `/groups.roblox.com/v1/groups/${groupId}`)).status;
  expect([await old(), await old(), await old(), await old()]).toEqual([200, 501, 501, 200]);
  expect((await control(emulator, 'GET', 'faults')).body).toMatchObject({
    faults: [{ happened: 1 }, { happened: 2 }],
  });
});

test('faults are taken back one by one or all together', async () => {
  const emulator = await emulateWith({ kind: 'reset' }, { kind: 'hang' });
  const [first] = ((await control(emulator, 'GET', 'faults')).body as { faults: { id: number }[] }).faults;
  expect((await control(emulator, 'DELETE', `faults/${first?.id}`)).status).toBe(204);
  expect((await control(emulator, 'DELETE', `faults/${first?.id}`)).status).toBe(404);
  expect((await control(emulator, 'GET', 'faults')).body).toMatchObject({ faults: [{ kind: 'hang' }] });
  expect((await control(emulator, 'DELETE', 'faults')).status).toBe(204);
  expect(
    (await call(emulator, 'GET', `/apis.roblox.com/cloud/v2/groups/${groupId}`, { headers: { 'x-api-key': apiKey } }))
      .status,
  ).toBe(200);
});

test.each([
  [{ kind: 'bogus' }, 'kind: A fault is one of: status, latency'],
  [{}, 'kind: A fault is one of: status, latency'],
  [{ kind: 'status' }, 'status: This is missing. Write a number.'],
  [{ kind: 'status', status: '503' }, 'status: Write a number here, not "503".'],
  [{ kind: 'reset', tims: 3 }, 'There is no field "tims" here.'],
  [{ kind: 'reset', endpoint: 'assign' }, 'endpoint: There is no endpoint "assign".'],
  [{ kind: 'reset', path: 'v1/groups' }, 'path: A path starts with "/"'],
  [[{ kind: 'reset' }, { kind: 'latency', ms: -1 }], '[1].ms: Write at least 0.'],
  ['{"kind":', 'the whole document: this is not JSON'],
])('the fault %j is a 400 that names the field and the remedy', async (fault, sentence) => {
  const emulator = await emulate();
  const reply = await control(emulator, 'POST', 'faults', fault);
  expect(reply.status).toBe(400);
  expect((reply.body as { error: string }).error).toContain(sentence);
  expect((await control(emulator, 'GET', 'faults')).body).toEqual({ faults: [] });
});
