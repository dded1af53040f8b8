import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { groupId, roleId, userId } from '../domain/ids.ts';
import { defaultSeed } from '../emulator/default-world.ts';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import type { Credential } from './roblox.ts';
import { startHttp, startProxy } from './testing/raw-server.ts';
import { botCookie, botId, botKey, failureOf, type WiredGateway, wireGateway } from './testing/wired-gateway.ts';

const airline = groupId(7001);
const member = userId(2001);
const captain = roleId(7001107);
const trainee = roleId(7001103);

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());
beforeEach(() => {
  emulator.load(defaultSeed());
  emulator.clearRequests();
  emulator.clearFaults();
});

const statuses = () => emulator.requests().map((request) => request.status);
const session = () => {
  const [first] = emulator.world.sessions;
  if (first === undefined) throw new Error('the default world has a session');
  return first;
};
const set = ({ roblox, within }: WiredGateway, credential: Credential = botCookie, role = captain) =>
  roblox.setRole(credential, airline, member, role, within());
const read = ({ roblox, within }: WiredGateway, credential: Credential = botCookie) =>
  roblox.readMembership(credential, airline, member, within());

test.each(['XSRF token invalid', 'Token Validation Failed', 'etwas ganz anderes'])(
  'the CSRF handshake does not depend on its text: %s',
  async (csrfText) => {
    emulator.world.behaviour = { ...emulator.world.behaviour, csrfText };
    const gateway = wireGateway(emulator.url);
    await set(gateway);
    expect(statuses()).toEqual([403, 200]);
    await gateway.roblox.close();
  },
);

test.each(['lower', 'upper', 'title', 'mixed'] as const)('nor on its header’s spelling: %s', async (headerCase) => {
  emulator.world.behaviour = { ...emulator.world.behaviour, headerCase };
  const gateway = wireGateway(emulator.url);
  await set(gateway);
  expect(statuses()).toEqual([403, 200]);
  await gateway.roblox.close();
});

test('a CSRF token that was replaced is fetched again', async () => {
  const gateway = wireGateway(emulator.url);
  await set(gateway);
  emulator.addFault({ kind: 'csrfRotation' });
  await set(gateway, botCookie, trainee);
  expect(statuses()).toEqual([403, 200, 403, 200]);
  await gateway.roblox.close();
});

test('a second 403 with a token gives up: nothing was changed', async () => {
  const gateway = wireGateway(emulator.url);
  const token = { 'x-csrf-token': 'abc' };
  emulator.addFault({ kind: 'status', status: 403, headers: token, times: null });
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'refused', status: 403, code: 0 });
  // The emulator's own handshake is the first of the two.
  expect(statuses()).toEqual([403, 403]);
  await gateway.roblox.close();
});

test('a real refusal that happens to carry a token is repeated once and then believed', async () => {
  const gateway = wireGateway(emulator.url);
  await set(gateway);
  emulator.clearRequests();
  const body = { errors: [{ code: 4, message: 'You do not have permission to manage this member.' }] };
  emulator.addFault({ kind: 'status', status: 403, body, headers: { 'x-csrf-token': 'abc' }, times: null });
  expect(await failureOf(set(gateway, botCookie, trainee))).toMatchObject({ failure: 'refused', code: 4 });
  expect(emulator.requests()).toHaveLength(2);
  await gateway.roblox.close();
});

test('a challenge opens the circuit, even with a CSRF token beside it, and is never answered by a retry', async () => {
  const gateway = wireGateway(emulator.url);
  await set(gateway);
  emulator.clearRequests();
  emulator.addFault({
    kind: 'status',
    status: 403,
    headers: { 'x-csrf-token': 'abc', 'rblx-challenge-id': '1', 'rblx-challenge-type': 'captcha' },
  });
  const error = await failureOf(set(gateway, botCookie, trainee));
  expect(error).toMatchObject({ failure: 'credential', status: 403, retryAfterSeconds: 60 });
  expect(error.message).toContain('captcha');
  expect(emulator.requests()).toHaveLength(1);
  expect(await failureOf(read(gateway))).toMatchObject({ failure: 'credential', status: null });
  expect(emulator.requests()).toHaveLength(1);
  expect(gateway.health.map(({ health }) => health)).toEqual(['ok', 'broken']);
  await gateway.roblox.close();
});

test('after a challenge a read passes in time, but only a change that works makes the credential good again', async () => {
  const gateway = wireGateway(emulator.url);
  emulator.addFault({ kind: 'challenge', endpoint: 'setUserRole', times: 2 });
  await failureOf(set(gateway));
  await gateway.clock.wait(61_000);
  await read(gateway);
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken']);
  await failureOf(set(gateway));
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken']);
  await gateway.clock.wait(61_000);
  await set(gateway);
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken', 'ok']);
  await gateway.roblox.close();
});

test('a dead cookie fails every call at once, one call tries after a minute, and health is reported on change only', async () => {
  const gateway = wireGateway(emulator.url);
  await read(gateway);
  session().isValid = false;
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'credential', status: 401, retryAfterSeconds: 60 });
  emulator.clearRequests();
  for (let index = 0; index < 3; index++) {
    expect(await failureOf(read(gateway))).toMatchObject({ failure: 'credential', status: null });
  }
  expect(await failureOf(gateway.roblox.reserve(botCookie, ['setUserRole'], gateway.within()))).toMatchObject({
    failure: 'credential',
  });
  expect(emulator.requests()).toHaveLength(0);

  await gateway.clock.wait(60_000);
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'credential', status: 401 });
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'credential', status: null });
  expect(emulator.requests()).toHaveLength(1);

  session().isValid = true;
  await gateway.clock.wait(60_000);
  await set(gateway);
  await read(gateway);
  expect(gateway.health.map(({ health }) => health)).toEqual(['ok', 'broken', 'ok']);
  expect(gateway.health[1]?.reason).toContain('cookie');
  await gateway.roblox.close();
});

test('after a minute only one of many calls tries', async () => {
  const gateway = wireGateway(emulator.url);
  session().isValid = false;
  await failureOf(set(gateway));
  await gateway.clock.wait(60_000);
  emulator.clearRequests();
  const tries = await Promise.all(
    [2001, 2002, 2003, 2004].map((id) =>
      failureOf(gateway.roblox.setRole(botCookie, airline, userId(id), captain, gateway.within())),
    ),
  );
  expect(tries.every((error) => error.failure === 'credential')).toBe(true);
  expect(emulator.requests()).toHaveLength(1);
  await gateway.roblox.close();
});

test('a probe that ends without an answer about the credential lets the next call try', async () => {
  const gateway = wireGateway(emulator.url);
  emulator.addFault({ kind: 'status', status: 401, endpoint: 'setUserRole' });
  await failureOf(set(gateway));
  await gateway.clock.wait(60_000);
  emulator.addFault({ kind: 'reset', endpoint: 'setUserRole' });
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'lost' });
  await set(gateway);
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken', 'ok']);
  await gateway.roblox.close();
});

test('a new secret closes the circuit', async () => {
  const gateway = wireGateway(emulator.url);
  const wrong = { ...botKey, secret: 'wrong-key' };
  expect(await failureOf(read(gateway, wrong))).toMatchObject({ failure: 'credential', status: 401, code: 0 });
  expect(await failureOf(read(gateway, wrong))).toMatchObject({ status: null });
  expect(await read(gateway, botKey)).toMatchObject({ isMember: true });
  expect(gateway.health.map(({ health }) => health)).toEqual(['broken', 'ok']);
  await gateway.roblox.close();
});

test('one credential’s circuit is not another’s', async () => {
  const gateway = wireGateway(emulator.url);
  await failureOf(read(gateway, { ...botKey, id: 5, secret: 'wrong-key' }));
  expect(await read(gateway, botKey)).toMatchObject({ isMember: true });
  await gateway.roblox.close();
});

test('a login page instead of a 401 is a dead cookie too', async () => {
  const gateway = wireGateway(emulator.url);
  const headers = { location: 'https://www.roblox.com/NewLogin?ReturnUrl=x' };
  emulator.addFault({ kind: 'status', status: 302, headers });
  expect(await failureOf(set(gateway))).toMatchObject({ failure: 'credential', status: 302 });
  await gateway.roblox.close();
});

test('a secret that was not pasted whole is named as that, and not sent', async () => {
  const gateway = wireGateway(emulator.url);
  const error = await failureOf(read(gateway, { ...botCookie, secret: 'abc\ndef' }));
  expect(error).toMatchObject({ failure: 'credential', status: null });
  expect(error.message).toContain('pasted');
  expect(emulator.requests()).toHaveLength(0);
  await gateway.roblox.close();
});

test('calls go through the proxy of the process, or that of the credential', async () => {
  const general = await startProxy();
  const own = await startProxy();
  const gateway = wireGateway(emulator.url, { proxy: general.url });
  await read(gateway, botKey);
  await read(gateway, { ...botCookie, proxy: own.url });
  expect(general.seen).toHaveLength(1);
  expect(own.seen).toHaveLength(1);
  await gateway.roblox.close();
  await general.close();
  await own.close();
});

test('no secret is ever logged, reported or thrown, even if Roblox quotes it', async () => {
  const rotated: string[] = [];
  const echo = await startHttp((incoming, outgoing) => {
    const quoted = `you sent ${incoming.headers.cookie ?? ''} ${String(incoming.headers['x-api-key'] ?? '')}`;
    outgoing.setHeader('content-type', 'application/json');
    if (incoming.method === 'PATCH') {
      rotated.push('rotated-secret-value');
      outgoing.setHeader('set-cookie', '.ROBLOSECURITY=rotated-secret-value; path=/');
    }
    outgoing.writeHead(incoming.method === 'PATCH' ? 400 : 401);
    outgoing.end(JSON.stringify({ errors: [{ code: 7, message: quoted }] }));
  });
  const gateway = wireGateway(echo.url);
  const proxied = { ...botCookie, id: 8, proxy: 'http://ann:proxy-secret@127.0.0.1:9' };
  const errors = await Promise.all([
    failureOf(set(gateway)),
    failureOf(read(gateway, botKey)),
    failureOf(gateway.roblox.inspect({ ...botKey, id: 4 }, [airline], gateway.within())),
    failureOf(gateway.roblox.readMembership(proxied, airline, member, gateway.within({ seconds: 1 }))),
  ]);
  expect(errors.map((error) => error.failure)).toEqual(['refused', 'credential', 'credential', 'unavailable']);
  expect(rotated).toHaveLength(1);
  const said = JSON.stringify([
    gateway.log,
    gateway.health,
    errors.map((e) => [e.message, e.stack, e.cause, { ...e }]),
  ]);
  for (const secret of [botCookie.secret, botKey.secret, 'rotated-secret-value', 'proxy-secret']) {
    expect(said).not.toContain(secret);
  }
  expect(gateway.log.length).toBeGreaterThan(3);
  await gateway.roblox.close();
  await echo.close();
});

test('the account is asked for again when the secret is another one', async () => {
  const gateway = wireGateway(emulator.url);
  expect(await gateway.roblox.readBot(botKey, airline, gateway.within())).toMatchObject({ userId: botId });
  emulator.world.keys.push({ ...firstKey(), key: 'owners-key', ownerId: 1 });
  const replaced = { ...botKey, secret: 'owners-key' };
  expect(await gateway.roblox.readBot(replaced, airline, gateway.within())).toEqual({ userId: 1, rank: 255 });
  await gateway.roblox.close();
});

function firstKey() {
  const [key] = emulator.world.keys;
  if (key === undefined) throw new Error('the default world has a key');
  return key;
}
