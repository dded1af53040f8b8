/** What a cookie has to go through: being let in, CSRF, challenges, rotation. */
import { request } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import type { Emulator } from './emulator.ts';
import { call, closeAll, control, emulate, heldRoles, legacy, type Reply, refusal } from './testing/calls.ts';
import { cookie, groupId, roleId, smallSeed, userId } from './testing/small-world.ts';

afterEach(closeAll);

const target = `/groups.roblox.com/v1/groups/${groupId}/users/${userId.private}`;
const whoAmI = '/users.roblox.com/v1/users/authenticated';
const session = (value: string) => ({ cookie: `.ROBLOSECURITY=${value}` });

/** One write as it stands, without the second try that `legacy` makes. */
const write = (emulator: Emulator, headers: Record<string, string>, body: unknown = { roleId: roleId.captain }) =>
  call(emulator, 'PATCH', target, { headers, body });

const tokenOf = (reply: Reply): string => reply.headers.get('x-csrf-token') ?? '';

test('no cookie, an empty one, an unknown one, a dead one and one from elsewhere are 401', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    sessions: [
      { cookie: 'dead', userId: userId.bot, isValid: false },
      { cookie: 'elsewhere', userId: userId.bot, region: 'Oslo' },
    ],
  });
  const texts = [];
  for (const headers of [{}, session(''), session('unknown'), session('dead'), session('elsewhere')]) {
    const reply = await call(emulator, 'GET', whoAmI, { headers });
    expect(refusal(reply)).toEqual([401, 0]);
    texts.push(reply.text);
  }
  expect(new Set(texts).size).toBe(3);
  await control(emulator, 'POST', 'behaviour', { callerRegion: 'Oslo' });
  expect((await call(emulator, 'GET', whoAmI, { headers: session('elsewhere') })).status).toBe(200);
});

test('a write without a token is a 403 that brings one, and the same write with it passes', async () => {
  const emulator = await emulate();
  const refused = await write(emulator, session(cookie));
  expect(refusal(refused)).toEqual([403, 0]);
  expect(tokenOf(refused)).toMatch(/^[\w+/]{12}$/);
  expect(heldRoles(emulator, userId.private)).toEqual([roleId.base, roleId.private]);
  expect((await write(emulator, { ...session(cookie), 'x-csrf-token': tokenOf(refused) })).status).toBe(200);
});

test('tokens run out; then there is a new one', async () => {
  const emulator = await emulate();
  const token = tokenOf(await write(emulator, session(cookie)));
  emulator.advanceClock(31 * 60);
  const again = await write(emulator, { ...session(cookie), 'x-csrf-token': token });
  expect(refusal(again)).toEqual([403, 0]);
  expect(tokenOf(again)).not.toBe(token);
});

test('the text of the CSRF refusal can be what it was before 2025', async () => {
  const emulator = await emulate();
  expect((await write(emulator, session(cookie))).text).toContain('XSRF token invalid');
  await control(emulator, 'POST', 'behaviour', { csrfText: 'Token Validation Failed' });
  expect((await write(emulator, session(cookie))).text).toContain('Token Validation Failed');
});

test('logging out without a token fetches one and harms nothing; with it, the cookie is dead', async () => {
  const emulator = await emulate();
  const logOut = (headers: Record<string, string>) =>
    call(emulator, 'POST', '/auth.roblox.com/v2/logout', { headers: { ...session(cookie), ...headers }, body: {} });
  const token = tokenOf(await logOut({}));
  expect((await legacy(emulator, 'GET', whoAmI)).status).toBe(200);
  expect((await logOut({ 'x-csrf-token': token })).status).toBe(200);
  expect((await legacy(emulator, 'GET', whoAmI)).status).toBe(401);
});

test('checks come in order: cookie, CSRF, challenge, validity, permission', async () => {
  const seed = smallSeed();
  const emulator = await emulate({ ...seed, sessions: [{ cookie, userId: userId.private, challenge: 'captcha' }] });
  const broken = { roleId: 'x' };
  expect((await write(emulator, {}, broken)).status).toBe(401);
  const csrf = await write(emulator, session(cookie), broken);
  expect(tokenOf(csrf)).not.toBe('');
  const headers = { ...session(cookie), 'x-csrf-token': tokenOf(csrf) };
  const challenged = await write(emulator, headers, broken);
  expect([challenged.status, challenged.headers.get('rblx-challenge-type')]).toEqual([403, 'captcha']);
  for (const known of emulator.world.sessions) known.challenge = null;
  expect(refusal(await write(emulator, headers, broken))).toEqual([400, 2]);
  // A private may not rank anybody, but that is said last.
  const other = `/groups.roblox.com/v1/groups/${groupId}/users/${userId.visitor}`;
  const forbidden = await call(emulator, 'PATCH', other, { headers, body: { roleId: roleId.private } });
  expect(refusal(forbidden)).toEqual([403, 4]);
});

test('a two-step challenge: verify, continue, repeat; each link counts once', async () => {
  const seed = smallSeed();
  const emulator = await emulate({
    ...seed,
    sessions: [{ cookie, userId: userId.bot, challenge: 'twostepverification', authenticatorCode: '424242' }],
  });
  const challenged = await legacy(emulator, 'PATCH', target, { body: { roleId: roleId.captain } });
  expect(refusal(challenged)).toEqual([403, 0]);
  const challengeId = challenged.headers.get('rblx-challenge-id') ?? '';
  const given = JSON.parse(
    Buffer.from(challenged.headers.get('rblx-challenge-metadata') ?? '', 'base64').toString('utf8'),
  ) as { challengeId: string; actionType: string };
  expect(given.challengeId).not.toBe(challengeId);

  const verify = (code: string) =>
    legacy(emulator, 'POST', `/twostepverification.roblox.com/v1/users/${userId.bot}/challenges/authenticator/verify`, {
      body: { challengeId: given.challengeId, actionType: given.actionType, code },
    });
  expect(refusal(await verify('000000'))).toEqual([400, 10]);
  const { verificationToken } = (await verify('424242')).body as { verificationToken: string };
  const metadata = JSON.stringify({ ...given, verificationToken, rememberDevice: false });
  const proof = {
    'rblx-challenge-id': challengeId,
    'rblx-challenge-type': 'twostepverification',
    'rblx-challenge-metadata': Buffer.from(metadata).toString('base64'),
  };
  const repeat = () => legacy(emulator, 'PATCH', target, { body: { roleId: roleId.captain }, headers: proof });
  expect((await repeat()).status).toBe(403);
  const next = await legacy(emulator, 'POST', '/apis.roblox.com/challenge/v1/continue', {
    body: { challengeId, challengeType: 'twostepverification', challengeMetadata: metadata },
  });
  expect(next.status).toBe(200);
  expect((await repeat()).status).toBe(200);
  expect(heldRoles(emulator, userId.private)).toContain(roleId.captain);
  expect((await repeat()).headers.get('rblx-challenge-id')).not.toBeNull();
});

test('a captcha has no way through', async () => {
  const emulator = await emulate();
  emulator.addFault({ kind: 'challenge', type: 'captcha' });
  const challenged = await legacy(emulator, 'PATCH', target, { body: { roleId: roleId.captain } });
  const metadata = JSON.parse(
    Buffer.from(challenged.headers.get('rblx-challenge-metadata') ?? '', 'base64').toString('utf8'),
  ) as { challengeId: string };
  const reply = await legacy(
    emulator,
    'POST',
    `/twostepverification.roblox.com/v1/users/${userId.bot}/challenges/authenticator/verify`,
    { body: { challengeId: metadata.challengeId, actionType: 'Generic', code: '123456' } },
  );
  expect(refusal(reply)).toEqual([400, 1]);
  expect(heldRoles(emulator, userId.private)).not.toContain(roleId.captain);
});

test('refreshing a session answers with a new cookie and ends the old one', async () => {
  const emulator = await emulate();
  const reply = await legacy(emulator, 'POST', '/auth.roblox.com/v1/session/refresh');
  const fresh = /\.ROBLOSECURITY=([^;]+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1] ?? '';
  expect(fresh.startsWith('_|warning|_')).toBe(true);
  expect((await legacy(emulator, 'GET', whoAmI)).status).toBe(401);
  expect((await legacy(emulator, 'GET', whoAmI, { cookie: fresh })).status).toBe(200);
});

test('a bodiless write without Content-Length is a 411, unless switched off', async () => {
  const emulator = await emulate();
  const token = tokenOf(await write(emulator, session(cookie)));
  // node:http sends a DELETE without a body and without a length; fetch and undici do the same.
  const bare = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { ...session(cookie), 'x-csrf-token': token };
      request(`${emulator.url}${target}`, { method: 'DELETE', headers }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end();
    });
  expect(await bare()).toBe(411);
  await control(emulator, 'POST', 'behaviour', { requiresContentLength: false });
  expect(await bare()).toBe(200);
});
