import { expect, test } from 'vitest';
import { userId } from '../domain/ids.ts';
import { fromCloud } from './memberships.ts';

const user = userId(5);
const membership = (changes: { user?: string; role?: string; roles?: string[] }) => ({
  path: 'groups/7/memberships/NQ',
  user: 'users/5',
  ...changes,
});

test('an empty list is a stranger', () => {
  expect(fromCloud([], user)).toEqual({ isMember: false, roles: [], showsAllRoles: true });
});

test('all roles are preferred to the highest', () => {
  const both = membership({ role: 'groups/7/roles/30', roles: ['groups/7/roles/10', 'groups/7/roles/30'] });
  expect(fromCloud([both], user)).toEqual({ isMember: true, roles: [10, 30], showsAllRoles: true });
});

test('an older answer without the list shows the highest role only, and that is said', () => {
  const highest = membership({ role: 'groups/7/roles/30' });
  expect(fromCloud([highest], user)).toEqual({ isMember: true, roles: [30], showsAllRoles: false });
});

test('an empty list of roles beside a highest role is not believed to be empty', () => {
  const odd = membership({ role: 'groups/7/roles/30', roles: [] });
  expect(fromCloud([odd], user).roles).toEqual([30]);
});

test('one user in several entries holds the roles of all', () => {
  const entries = [membership({ roles: ['groups/7/roles/10'] }), membership({ roles: ['groups/7/roles/20'] })];
  expect(fromCloud(entries, user).roles).toEqual([10, 20]);
});

test('other users than asked for mean that the filter was ignored, not that the user is a stranger', () => {
  expect(() => fromCloud([membership({ user: 'users/55' })], user)).toThrow('not understood');
});

test('a path that names no role is not understood', () => {
  expect(() => fromCloud([membership({ roles: ['groups/7/roles/abc'] })], user)).toThrow('not understood');
});
