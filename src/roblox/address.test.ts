import { expect, test } from 'vitest';
import { addressOf, parseUpstream } from './address.ts';
import { endpoints } from './endpoints.ts';

test('path parameters are encoded and the colon of a custom method is not', () => {
  const parameters = { groupId: 7, membershipId: 'a/b?c' };
  expect(addressOf(endpoints.cloudAssignRole, parameters, {}, null)).toEqual({
    origin: 'https://apis.roblox.com',
    path: '/cloud/v2/groups/7/memberships/a%2Fb%3Fc:assignRole',
  });
});

test('a filter with spaces and quotes survives strict servers', () => {
  const { path } = addressOf(endpoints.cloudListMemberships, { groupId: 7 }, { filter: "user == 'users/1'" }, null);
  expect(path).toBe('/cloud/v2/groups/7/memberships?filter=user%20%3D%3D%20%27users%2F1%27');
});

test.each([
  ['http://127.0.0.1:4010', '/groups.roblox.com/v1/groups/7'],
  ['http://127.0.0.1:4010/', '/groups.roblox.com/v1/groups/7'],
  ['http://127.0.0.1:4010/fake/roblox/', '/fake/roblox/groups.roblox.com/v1/groups/7'],
])('with the upstream %s the real host becomes a path segment', (upstream, path) => {
  expect(addressOf(endpoints.getGroup, { groupId: 7 }, {}, parseUpstream(upstream))).toEqual({
    origin: 'http://127.0.0.1:4010',
    path,
  });
});

test('a forgotten parameter is a mistake of ours, not a call to a wrong address', () => {
  expect(() => addressOf(endpoints.getGroup, {}, {}, null)).toThrow('groupId');
});
