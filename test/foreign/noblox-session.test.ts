/** What happens to the session of noblox.js: CSRF tokens, dying cookies, challenges, limits. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { closeEmulators, cookie, emulateCompany, groupId, heldRoles, roleId, userId } from './company.ts';
import { type Noblox, newNoblox, refusalOf } from './noblox.ts';
import { redirectNoMore, redirectRobloxTo } from './redirect.ts';

let emulator: Emulator;
let noblox: Noblox;

beforeEach(async () => {
  emulator = await emulateCompany();
  redirectRobloxTo(emulator.url);
  noblox = newNoblox();
  await noblox.setCookie(cookie);
  emulator.clearRequests();
});
afterEach(async () => {
  redirectNoMore();
  await closeEmulators();
});

/** What the writes came to, in order. */
const writes = () =>
  emulator
    .requests()
    .filter((request) => request.method !== 'GET')
    .map((request) => `${request.endpoint} ${request.status}`);

test('the token comes from a log-out that was never one, and is kept', async () => {
  await noblox.setRank(groupId, userId.private, 20);
  expect(writes()).toEqual(['logOut 403', 'setUserRole 200']);
  await noblox.setRank(groupId, userId.private, 30);
  expect(writes()).toEqual(['logOut 403', 'setUserRole 200', 'setUserRole 200']);
  expect(await noblox.getAuthenticatedUser()).toMatchObject({ id: userId.bot });
});

test('a token that ran out is replaced by the one in the refusal, and the write repeated once', async () => {
  await noblox.setRank(groupId, userId.private, 20);
  emulator.clearRequests();
  emulator.advanceClock(emulator.world.behaviour.csrfLifetimeSeconds + 1);
  await noblox.exile(groupId, userId.captain);
  expect(writes()).toEqual(['exileUser 403', 'exileUser 200']);
  // The new one is kept as well.
  await noblox.setRank(groupId, userId.private, 30);
  expect(writes()).toEqual(['exileUser 403', 'exileUser 200', 'setUserRole 200']);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.captain]);
});

test.each(['upper', 'title', 'mixed'] as const)(
  'a token in a %s-case header under the old words serves too',
  async (headerCase) => {
    emulator.world.behaviour.headerCase = headerCase;
    emulator.world.behaviour.csrfText = 'Token Validation Failed';
    emulator.addFault({ kind: 'csrfRotation', endpoint: 'setUserRole' });
    await noblox.setRank(groupId, userId.private, 20);
    expect(writes()).toEqual(['logOut 403', 'setUserRole 403', 'setUserRole 200']);
  },
);

test('tokens that are all refused end in an error after three tries', async () => {
  emulator.addFault({ kind: 'csrfRotation', endpoint: 'setUserRole', times: null });
  await expect(noblox.setRank(groupId, userId.private, 20)).rejects.toThrow('Tried 3 times');
  expect(writes()).toEqual(['logOut 403', 'setUserRole 403', 'setUserRole 403', 'setUserRole 403']);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.private]);
});

test('without a session there is no token, and no write', async () => {
  await expect(newNoblox().setRank(groupId, userId.private, 20)).rejects.toThrow('You are not logged in');
  emulator.addFault({ kind: 'cookieExpiry', endpoint: 'logOut' });
  await expect(noblox.setRank(groupId, userId.private, 20)).rejects.toThrow('Did not receive X-CSRF-TOKEN');
  expect(writes()).toEqual(['logOut 401']);
});

test('a cookie that dies between token and write is a 401', async () => {
  emulator.addFault({ kind: 'cookieExpiry', endpoint: 'setUserRole' });
  expect(await refusalOf(noblox.setRank(groupId, userId.private, 20))).toEqual([401, 0]);
  await expect(noblox.getAuthenticatedUser()).rejects.toThrow('You are not logged in');
});

// The library keeps the cookie it was given: after a rotation its session is dead.
test('a rotated cookie is not taken up', async () => {
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'setUserRole' });
  await noblox.setRank(groupId, userId.private, 20);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.sergeant]);
  expect(await refusalOf(noblox.setRank(groupId, userId.private, 30))).toEqual([401, 0]);
});

test.each(['twostepverification', 'captcha'])('a %s challenge is a 403 of code 0 and changes nothing', async (type) => {
  emulator.addFault({ kind: 'challenge', type, endpoint: 'setUserRole' });
  expect(await refusalOf(noblox.setRank(groupId, userId.private, 20))).toEqual([403, 0]);
  expect(writes()).toEqual(['logOut 403', 'setUserRole 403']);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.private]);
});

test('a limit that is spent is a 429', async () => {
  emulator.world.limits.perMinute = { setUserRole: 1 };
  await noblox.setRank(groupId, userId.private, 20);
  expect(await refusalOf(noblox.setRank(groupId, userId.private, 30))).toEqual([429, 0]);
  emulator.advanceClock(61);
  await noblox.setRank(groupId, userId.private, 30);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.captain]);
});

test('an answer that is lost is an error, though the rank was set', async () => {
  emulator.addFault({ kind: 'applyThenDrop', drop: 'reset', endpoint: 'setUserRole' });
  await expect(noblox.setRank(groupId, userId.private, 20)).rejects.toThrow(/socket hang up|ECONNRESET/);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.sergeant]);
});
