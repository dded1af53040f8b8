import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { groupId, roleId, userId } from '../domain/ids.ts';
import { defaultSeed } from '../emulator/default-world.ts';
import { type Emulator, startEmulator } from '../emulator/emulator.ts';
import type { Credential } from './roblox.ts';
import { startHttp } from './testing/raw-server.ts';
import { botCookie, botKey, failureOf, type WiredGateway, wireGateway } from './testing/wired-gateway.ts';

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

const session = () => {
  const [first] = emulator.world.sessions;
  if (first === undefined) throw new Error('the default world has a session');
  return first;
};
const set = ({ roblox, within }: WiredGateway, credential: Credential = botCookie, role = captain) =>
  roblox.setRole(credential, airline, member, role, within());
const read = ({ roblox, within }: WiredGateway, credential: Credential = botCookie) =>
  roblox.readMembership(credential, airline, member, within());

test('a replaced cookie is stored before the answer is out, and used from then on by whoever passes the old one', async () => {
  const gateway = wireGateway(emulator.url);
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'setUserRole' });
  await set(gateway);
  const rotated = session().cookie;
  expect(rotated).not.toBe(botCookie.secret);
  expect(gateway.savedCookies).toEqual([{ replaced: botCookie.secret, cookie: rotated }]);
  await set(gateway, botCookie, trainee);
  await set(gateway, { ...botCookie, secret: rotated }, captain);
  expect(gateway.health.map(({ health }) => health)).toEqual(['ok']);
  await gateway.roblox.close();
});

test('no call uses a replaced cookie before it is stored', async () => {
  const events: string[] = [];
  const gateway = wireGateway(emulator.url, {
    needs: {
      takeSlots: async () => ({ firstInMs: 0 }),
      saveCookie: async () => {
        await new Promise((done) => setImmediate(done));
        events.push(`stored after ${emulator.requests().length}`);
      },
      reportHealth: async () => {},
    },
  });
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'getOwnMembership' });
  await gateway.roblox.inspect(botCookie, [airline], gateway.within());
  await set(gateway);
  expect(events).toEqual(['stored after 2']);
  await gateway.roblox.close();
});

test('a replaced cookie that could not be stored is in use, and stored with the next call', async () => {
  const saved: string[] = [];
  let isDown = true;
  const gateway = wireGateway(emulator.url, {
    needs: {
      takeSlots: async () => ({ firstInMs: 0 }),
      saveCookie: async (_credential, cookie) => {
        if (isDown) throw new Error(`insert of ${cookie} failed`);
        saved.push(cookie);
      },
      reportHealth: async () => {},
    },
  });
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'setUserRole' });
  await set(gateway);
  await set(gateway, botCookie, trainee);
  isDown = false;
  await set(gateway, botCookie, captain);
  expect(saved).toEqual([session().cookie]);
  expect(JSON.stringify(gateway.log)).not.toContain(session().cookie);
  await gateway.roblox.close();
});

test('a secret the owner put in the place of a replaced one wins', async () => {
  const gateway = wireGateway(emulator.url);
  emulator.addFault({ kind: 'cookieRotation', endpoint: 'setUserRole' });
  await set(gateway);
  session().cookie = 'the-owner-signed-in-again';
  await set(gateway, { ...botCookie, secret: 'the-owner-signed-in-again' }, trainee);
  // A request that was under way with the credential as it was before is served with the new one.
  await set(gateway, botCookie, captain);
  expect(gateway.health.map(({ health }) => health)).not.toContain('broken');
  await gateway.roblox.close();
});

test('requests under way while the owner replaces a secret are served with the new one; later the old one would count again', async () => {
  const seen: string[] = [];
  const server = await startHttp((incoming, outgoing) => {
    seen.push(String(incoming.headers['x-api-key']));
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end('{"groupMemberships":[]}');
  });
  const gateway = wireGateway(server.url);
  const first = { ...botKey, secret: 'first' };
  const second = { ...botKey, secret: 'second' };
  for (const credential of [first, second, first]) await read(gateway, credential);
  await gateway.clock.wait(31_000);
  await read(gateway, first);
  expect(seen).toEqual(['first', 'second', 'second', 'first']);
  await gateway.roblox.close();
  await server.close();
});

test('a call turned away with a cookie that was replaced meanwhile goes on with the new one', async () => {
  let calls = 0;
  const other = await startHttp((incoming, outgoing) => {
    calls++;
    const isNew = incoming.headers.cookie === '.ROBLOSECURITY=new';
    outgoing.setHeader('content-type', 'application/json');
    // Both calls are under way with the old cookie; the first answer brings the new one, the second a 401.
    if (calls === 1) outgoing.setHeader('set-cookie', '.ROBLOSECURITY=new; path=/');
    else if (!isNew) outgoing.statusCode = 401;
    setImmediate(() => outgoing.end('{"data":[]}'));
  });
  const gateway = wireGateway(other.url);
  const credential = { ...botCookie, secret: 'old' };
  const reads = [2001, 2002].map((id) =>
    gateway.roblox.readMembership(credential, airline, userId(id), gateway.within()),
  );
  expect(await Promise.all(reads)).toHaveLength(2);
  expect(calls).toBe(3);
  expect(gateway.health.map(({ health }) => health)).toEqual(['ok']);
  await gateway.roblox.close();
  await other.close();
});

test('a cookie deleted by a 401 does not replace the one we have', async () => {
  const gateway = wireGateway(emulator.url);
  const headers = { 'set-cookie': '.ROBLOSECURITY=; expires=Thu, 01 Jan 1970 00:00:00 GMT' };
  emulator.addFault({ kind: 'status', status: 401, headers });
  await failureOf(read(gateway));
  expect(gateway.savedCookies).toEqual([]);
  await gateway.roblox.close();
});
