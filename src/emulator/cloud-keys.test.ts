/** Keys and tokens, and what they say about themselves and may look into. */
import { afterEach, expect, test } from 'vitest';
import type { Emulator } from './emulator.ts';
import { call, closeAll, cloud, emulate, legacy, refusal } from './testing/calls.ts';
import { apiKey, groupId, roleId, rolePath, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

type Keys = NonNullable<ReturnType<typeof smallSeed>['keys']>;
const withKeys = (keys: Keys) => emulate({ ...smallSeed(), keys });
const read = (emulator: Emulator, key = apiKey) => cloud(emulator, 'GET', `/groups/${groupId}`, { key });
const assign = (emulator: Emulator) =>
  cloud(emulator, 'POST', `/groups/${groupId}/memberships/${userId.private}:assignRole`, {
    body: { role: rolePath(roleId.captain) },
  });
const introspect = (emulator: Emulator, body: unknown) =>
  call(emulator, 'POST', '/apis.roblox.com/api-keys/v1/introspect', { body });

test('introspection splits scopes, names the owner, and needs no credential of its own', async () => {
  const emulator = await withKeys([
    {
      key: 'k',
      name: 'Mine',
      ownerId: userId.bot,
      scopes: ['group:read', 'group:write', 'legacy-group:manage'],
      groupIds: [groupId],
    },
  ]);
  expect((await introspect(emulator, { apiKey: 'k' })).body).toEqual({
    name: 'Mine',
    authorizedUserId: userId.bot,
    scopes: [
      { name: 'group', operations: ['read', 'write'], groupIds: [String(groupId)] },
      { name: 'legacy-group', operations: ['manage'] },
    ],
    enabled: true,
    expired: false,
    expirationTimeUtc: null,
  });
  expect(refusal(await introspect(emulator, { apiKey: 'other' }))).toEqual([401, 0]);
  expect((await introspect(emulator, {})).status).toBe(400);
});

test('disabled and expired keys still describe themselves, but open nothing', async () => {
  const expires = '2026-01-01T00:00:00Z';
  const emulator = await emulate(
    {
      ...smallSeed(),
      keys: [
        { key: 'disabled', ownerId: userId.bot, isEnabled: false },
        { key: 'expired', ownerId: userId.bot, expires },
      ],
    },
    { clock: { now: () => new Date('2026-06-01T00:00:00Z') } },
  );
  expect((await introspect(emulator, { apiKey: 'disabled' })).body).toMatchObject({ enabled: false, expired: false });
  expect((await introspect(emulator, { apiKey: 'expired' })).body).toMatchObject({ enabled: true, expired: true });
  for (const key of ['disabled', 'expired', 'unknown', '']) {
    const reply = await read(emulator, key);
    expect([...refusal(reply), reply.text.includes('Invalid API Key')]).toEqual([401, 0, true]);
  }
});

test('a key nobody used for 60 days expires by itself; using it starts the time anew', async () => {
  const emulator = await emulate();
  emulator.advanceClock(59 * 86_400);
  expect((await read(emulator)).status).toBe(200);
  emulator.advanceClock(59 * 86_400);
  expect((await read(emulator)).status).toBe(200);
  emulator.advanceClock(61 * 86_400);
  expect((await read(emulator)).status).toBe(401);
  expect((await introspect(emulator, { apiKey })).body).toMatchObject({ enabled: true, expired: true });
});

test('a key without the scope, for another group, or from another address is a 403', async () => {
  const reading = await withKeys([{ key: apiKey, ownerId: userId.bot, scopes: ['group:read'] }]);
  expect(refusal(await assign(reading))).toEqual([403, 'PERMISSION_DENIED']);
  const elsewhere = await withKeys([{ key: apiKey, ownerId: userId.bot, groupIds: [51] }]);
  expect(refusal(await assign(elsewhere))).toEqual([403, 'PERMISSION_DENIED']);
  const far = await withKeys([{ key: apiKey, ownerId: userId.bot, allowedCidrs: ['203.0.113.0/24'] }]);
  expect(refusal(await read(far))).toEqual([403, 0]);
  const near = await withKeys([{ key: apiKey, ownerId: userId.bot, allowedCidrs: ['203.0.113.0/24', '127.0.0.0/8'] }]);
  expect((await read(near)).status).toBe(200);
  const shouting = await call(reading, 'PATCH', `/apis.roblox.com/legacy-groups/v1/groups/${groupId}/status`, {
    headers: { 'x-api-key': apiKey },
    body: { message: 'Hi' },
  });
  expect(shouting).toMatchObject({ status: 403, body: { error: 'INSUFFICIENT_SCOPE' } });
});

test('an OAuth token acts for its user until it runs out', async () => {
  const emulator = await emulate({
    ...smallSeed(),
    tokens: [
      {
        token: 't',
        userId: userId.bot,
        scopes: ['group:write'],
        expires: new Date(Date.now() + 899_000).toISOString(),
      },
    ],
  });
  const assign = () =>
    call(emulator, 'POST', `/apis.roblox.com/cloud/v2/groups/${groupId}/memberships/${userId.private}:assignRole`, {
      headers: { authorization: 'Bearer t' },
      body: { role: rolePath(roleId.captain) },
    });
  expect((await assign()).status).toBe(200);
  emulator.advanceClock(900);
  expect((await assign()).status).toBe(401);
});

test('passes: owned, not owned, and a private inventory that says neither', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    passes: [{ id: 777 }, { id: 778 }],
    users: seed.users?.map((user) => ({
      ...user,
      passIds: [777],
      ...(user.id === userId.captain ? { inventory: 'private' as const } : {}),
    })),
    keys: [...(seed.keys ?? []), { key: 'captains', ownerId: userId.captain }],
  });
  const passes = (user: number, filter: string, key = apiKey) =>
    cloud(emulator, 'GET', `/users/${user}/inventory-items?filter=${encodeURIComponent(filter)}`, { key });
  expect((await passes(userId.private, 'gamePassIds=777,778')).body).toMatchObject({
    inventoryItems: [{ gamePassDetails: { gamePassId: '777' } }],
  });
  expect(await passes(userId.private, 'gamePassIds=778')).toMatchObject({ status: 200, body: { inventoryItems: [] } });
  expect(refusal(await passes(userId.captain, 'gamePassIds=777'))).toEqual([403, 'PERMISSION_DENIED']);
  expect(refusal(await passes(userId.captain, 'gamePassIds=778'))).toEqual([403, 'PERMISSION_DENIED']);
  expect((await passes(userId.captain, 'gamePassIds=777', 'captains')).status).toBe(200);
  expect(refusal(await passes(userId.private, 'gamePassIds=777;badges=true'))).toEqual([400, 'INVALID_ARGUMENT']);

  const owned = async (user: number, pass: number) =>
    (await call(emulator, 'GET', `/inventory.roblox.com/v1/users/${user}/items/GamePass/${pass}/is-owned`)).text;
  expect([await owned(userId.private, 777), await owned(userId.private, 778)]).toEqual(['true', 'false']);
});

test('the shout: both routes, who may, and both ways of being gone', async () => {
  const emulator = await emulate();
  const path = `/apis.roblox.com/legacy-groups/v1/groups/${groupId}/status`;
  const shout = (message: unknown) =>
    call(emulator, 'PATCH', path, { headers: { 'x-api-key': apiKey }, body: { message } });
  expect((await shout('Hello')).body).toMatchObject({ body: 'Hello', poster: { userId: userId.bot } });
  expect(refusal(await shout(undefined))).toEqual([400, 7]);
  expect(emulator.world.groups.get(groupId)?.shout?.body).toBe('Hello');
  const byCookie = (message: string) =>
    legacy(emulator, 'PATCH', `/groups.roblox.com/v1/groups/${groupId}/status`, { body: { message } });
  expect((await byCookie('Hello again')).status).toBe(200);
  for (const [state, status] of [
    ['gone', 410],
    ['notFound', 404],
  ] as const) {
    emulator.world.behaviour.cloudShoutRoute = state;
    expect((await shout('Bye')).status).toBe(status);
    expect((await byCookie('Hello again')).status).toBe(200);
    emulator.world.behaviour.cloudShoutRoute = 'works';
    emulator.world.behaviour.cookieShoutRoute = state;
    expect((await byCookie('Bye')).status).toBe(status);
    emulator.world.behaviour.cookieShoutRoute = 'works';
  }
  expect(emulator.world.groups.get(groupId)?.shout?.body).toBe('Hello again');
});
