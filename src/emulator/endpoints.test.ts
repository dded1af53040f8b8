/** Every endpoint that the table of `roblox/endpoints.ts` names is played, and its good answer has the promised shape. */
import { afterEach, expect, test } from 'vitest';
import { type EndpointName, endpoints } from '../roblox/endpoints.ts';
import { documentedLimit } from './limits.ts';
import { call, closeAll, cloud, emulate, legacy } from './testing/calls.ts';
import { apiKey, groupId, roleId, rolePath, userId } from './testing/small-world.ts';

afterEach(closeAll);

/** What makes each path a real one, and each write a good one. */
const params: Record<string, string | number> = {
  groupId,
  userId: userId.private,
  membershipId: userId.private,
  roleId: roleId.private,
};
const paramsOf: Partial<Record<EndpointName, Record<string, number>>> = {
  cloudAcceptJoinRequest: { userId: userId.waiting },
  cloudDeclineJoinRequest: { userId: userId.waiting },
  acceptJoinRequest: { userId: userId.waiting },
  declineJoinRequest: { userId: userId.waiting },
  getJoinRequest: { userId: userId.waiting },
};
const bodies: Partial<Record<EndpointName, unknown>> = {
  cloudPatchMembership: { role: rolePath(roleId.captain) },
  cloudAssignRole: { role: rolePath(roleId.captain) },
  cloudUnassignRole: { role: rolePath(roleId.private) },
  cloudPostShout: { message: 'Hello' },
  postShout: { message: 'Hello' },
  setUserRole: { roleId: roleId.captain },
  introspectKey: { apiKey },
  listUsers: { userIds: [userId.bot, userId.private], excludeBannedUsers: false },
  findUsernames: { usernames: ['bot_user'], excludeBannedUsers: false },
};

const names = Object.keys(endpoints) as EndpointName[];

test.each(names)('%s answers as the table says', async (name) => {
  const emulator = await emulate();
  const { method, host, path, credential, answer } = endpoints[name];
  const given: Record<string, string | number> = { ...params, ...paramsOf[name] };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, key: string) => String(given[key]));
  const body = bodies[name] ?? (method === 'GET' ? undefined : {});
  const extra = body === undefined ? {} : { body };

  const reply =
    credential === 'openCloud' && filled.startsWith('/cloud/v2/')
      ? await cloud(emulator, method, filled.slice('/cloud/v2'.length), extra)
      : credential === 'openCloud'
        ? await call(emulator, method, `/${host}${filled}`, { ...extra, headers: { 'x-api-key': apiKey } })
        : credential === 'cookie'
          ? await legacy(emulator, method, `/${host}${filled}`, extra)
          : await call(emulator, method, `/${host}${filled}`, extra);

  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  expect(answer.safeParse(reply.body).error).toBeUndefined();
  expect(emulator.requests().at(-1)).toMatchObject({ endpoint: name, method, host, path: filled, status: 200 });
});

test.each(names)('%s is limited no tighter than clients pace themselves', (name) => {
  expect(documentedLimit(name, 'account')).toBeGreaterThanOrEqual(endpoints[name].perMinute);
});

test('a route is found by the Host header too', async () => {
  const emulator = await emulate();
  // fetch may not set Host, so this one request is written by hand.
  const { get } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'groups.roblox.com' };
    get(`${emulator.url}/v1/groups/${groupId}`, { headers }, (response) => resolve(response.resume().statusCode)).on(
      'error',
      reject,
    );
  });
  expect(status).toBe(200);
  expect(emulator.requests()[0]).toMatchObject({ endpoint: 'getGroup', host: 'groups.roblox.com' });
});

test('a path that nobody plays is a 404 in the shape of its host, and outside of them an explanation', async () => {
  const emulator = await emulate();
  expect(await call(emulator, 'GET', '/groups.roblox.com/v1/nothing')).toMatchObject({
    status: 404,
    body: { errors: [{ code: 0 }] },
  });
  expect(await call(emulator, 'GET', '/apis.roblox.com/cloud/v2/nothing')).toMatchObject({
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
  expect((await call(emulator, 'GET', '/nothing')).text).toContain('Paths start with a host');
  expect(emulator.requests().map((request) => request.endpoint)).toEqual([null, null]);
});
