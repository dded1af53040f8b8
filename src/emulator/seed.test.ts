import { readFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { startEmulator } from './emulator.ts';
import { parseSeed, SeedError } from './seed.ts';
import { closeAll, control, emulate } from './testing/calls.ts';
import { groupId, roleId, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

function problemsOf(seed: unknown): readonly string[] {
  try {
    parseSeed(seed);
  } catch (error) {
    if (error instanceof SeedError) return error.problems;
    throw error;
  }
  return [];
}

const users = [{ id: 1, name: 'one' }];
const withGroup = (group: object) => ({ users, groups: [{ id: 5, name: 'Five', roles: [], ...group }] });
const role = { id: 500, name: 'R', rank: 3 };

test.each([
  ['no object', [], 'the whole document: Write an object here, not []'],
  ['a missing name', { users: [{ id: 1 }] }, 'users[0].name: This is missing. Write a string.'],
  ['a text id', { users: [{ id: '1', name: 'x' }] }, 'users[0].id: Write a number here, not "1".'],
  ['an unknown field', { user: [] }, 'the whole document: There is no field "user" here.'],
  [
    'a rank above 255',
    withGroup({ roles: [{ ...role, rank: 300 }] }),
    'groups[0].roles[0].rank: A rank is an integer from 0 to 255.',
  ],
  [
    'an unknown permission',
    withGroup({ roles: [{ ...role, permissions: ['fly'] }] }),
    'groups[0].roles[0].permissions[0]: Write one of "viewWallPosts"',
  ],
  [
    'one role id twice',
    withGroup({ roles: [role, { ...role, rank: 4 }] }),
    'groups[0].roles[1].id: role 500 is also groups[0].roles[0].',
  ],
  [
    'two base roles',
    withGroup({ roles: [1, 2].map((id) => ({ id, name: 'B', rank: 1, isBase: true })) }),
    'groups[0].roles[1].isBase: a group has one base role.',
  ],
  [
    'a base role of rank 2',
    withGroup({ roles: [{ ...role, rank: 2, isBase: true }] }),
    'groups[0].roles[0].rank: the base role has rank 1',
  ],
  [
    'a rank for a role id',
    withGroup({ roles: [role], members: [{ userId: 1, roleIds: [3] }] }),
    'groups[0].members[0].roleIds[0]: Five has no role 3. Role ids are meant here, not ranks.',
  ],
  [
    'an unknown member',
    withGroup({ members: [{ userId: 9 }] }),
    'groups[0].members[0].userId: there is no user 9. Add them to "users".',
  ],
  [
    'the owner role for another',
    withGroup({ members: [{ userId: 1, roleIds: [5255] }] }),
    'groups[0].members[0].roleIds[0]: only the owner holds the owner role.',
  ],
  [
    'a member who asks to join',
    withGroup({ members: [{ userId: 1 }], joinRequests: [{ userId: 1 }] }),
    'groups[0].joinRequests[0].userId: user 1 is a member already.',
  ],
  ['an unknown pass', { users: [{ ...users[0], passIds: [7] }] }, 'users[0].passIds[0]: there is no pass 7.'],
  ['one user twice', { users: [...users, ...users] }, 'users[1].id: user 1 stands here a second time (first at 0).'],
  ['a stranger’s cookie', { sessions: [{ cookie: 'c', userId: 4 }] }, 'sessions[0].userId: there is no user 4.'],
  [
    'a scope without an operation',
    { users, keys: [{ key: 'k', ownerId: 1, scopes: ['group'] }] },
    'keys[0].scopes[0]: A scope is written like "group:write".',
  ],
  ['a bad date', { users: [{ id: 1, name: 'x', created: 'yesterday' }] }, 'users[0].created: A moment is written like'],
  [
    'an unknown switch value',
    { behaviour: { patchMode: 'both' } },
    'behaviour.patchMode: Write one of "replaceAll", "replaceHighest".',
  ],
])('%s: the place and the remedy', (_what, seed, sentence) => {
  expect(problemsOf(seed).join('\n')).toContain(sentence);
});

test('all mistakes are told at once', () => {
  expect(problemsOf({ users: [{ id: 0, name: '' }], keys: [{}] }).length).toBeGreaterThanOrEqual(4);
});

test('guest, base and owner role are added where they are left out, and held by whom they concern', async () => {
  const emulator = await emulate(withGroup({ ownerId: 1, roles: [role] }));
  const group = emulator.world.groups.get(5);
  expect([...(group?.roles.values() ?? [])].map(({ id, rank, isBase }) => [id, rank, isBase])).toEqual([
    [500, 3, false],
    [5000, 0, false],
    [5001, 1, true],
    [5255, 255, false],
  ]);
  expect([...(group?.members.get(1)?.roleIds ?? [])]).toEqual([5001, 5255]);
});

test('a state read is a seed that plays the same world', async () => {
  const emulator = await emulate();
  const state = (await control(emulator, 'GET', 'state')).body;
  const other = await emulate(state);
  expect((await control(other, 'GET', 'state')).body).toEqual(state);
  expect(state).toMatchObject({ sessions: [{ userId: userId.bot }], keys: [{ ownerId: userId.bot }] });
});

test('a state put replaces the world; a wrong one changes nothing and says where it is wrong', async () => {
  const emulator = await emulate();
  const reply = await control(emulator, 'PUT', 'state', withGroup({ roles: [{ ...role, rank: -1 }] }));
  expect(reply).toMatchObject({
    status: 400,
    body: { problems: [expect.stringContaining('groups[0].roles[0].rank')] },
  });
  expect((await control(emulator, 'PUT', 'state', '{"users": [}')).body).toMatchObject({
    problems: [expect.stringContaining('the whole document: this is not JSON')],
  });
  expect(emulator.world.groups.has(groupId)).toBe(true);
  expect((await control(emulator, 'PUT', 'state', withGroup({ roles: [role] }))).status).toBe(200);
  expect([...emulator.world.groups.keys()]).toEqual([5]);
});

test('the seed in the README is played as it stands there', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
  const example = /## Seeds\n\n```json\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const emulator = await emulate(JSON.parse(example));
  expect([...(emulator.world.groups.get(50)?.members.get(3)?.roleIds ?? [])]).toEqual([50001, 50110, 50120]);
  const member = { userId: 3, roleIds: [10] };
  const wrong = { ...JSON.parse(example), behaviour: {} };
  wrong.groups[0].members[1] = member;
  expect(problemsOf(wrong)).toEqual([
    'groups[0].members[1].roleIds[0]: Fifty has no role 10. Role ids are meant here, not ranks.',
  ]);
  expect(readme).toContain(problemsOf(wrong)[0]);
});

test('an emulator does not start with a wrong seed', async () => {
  await expect(startEmulator({ seed: { groups: 3 } })).rejects.toThrow('groups: Write a list here, not 3.');
});

test('joining an older group brings its lowest role too', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    groups: seed.groups.map((group) => ({ ...group, autoAssignsLowestRole: true })),
  });
  await fetch(`${emulator.url}/apis.roblox.com/cloud/v2/groups/${groupId}/join-requests/${userId.waiting}:accept`, {
    method: 'POST',
    headers: { 'x-api-key': seed.keys?.[0]?.key ?? '', 'content-type': 'application/json' },
    body: '{}',
  });
  expect([...(emulator.world.groups.get(groupId)?.members.get(userId.waiting)?.roleIds ?? [])]).toEqual([
    roleId.base,
    roleId.visitor,
  ]);
});
