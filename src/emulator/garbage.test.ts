/** Whatever is sent, the emulator answers in Roblox's manner and stays alive; an `emulatorBug` is a mistake of ours. */
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { routes } from './routes.ts';
import { call, closeAll, control, emulate } from './testing/calls.ts';
import { apiKey, cookie, groupId, roleId, userId } from './testing/small-world.ts';

afterEach(closeAll);

const segment = fc.oneof(
  fc.constantFrom('-', '0', '1', '-1', '1e3', '%00', '%zz', 'null', '__proto__', '9007199254740993', 'NDUzNDgyODE'),
  fc.constantFrom(groupId, userId.private, roleId.captain).map(String),
  fc.string({ maxLength: 12 }).map(encodeURIComponent),
);
const query = fc.dictionary(
  fc.constantFrom(
    'filter',
    'maxPageSize',
    'pageToken',
    'cursor',
    'limit',
    'sortOrder',
    'ids',
    'groupIds',
    'userIds',
    'size',
  ),
  fc.oneof(fc.string(), fc.constantFrom("user == 'users/1'", "user in ['users/1'", '[', '1,2,,3', 'gamePassIds=', '%')),
  { maxKeys: 3 },
);
const body = fc.oneof(
  fc.json(),
  fc.constantFrom('', '{', '[]', 'null', '{"role":null}', '{"__proto__":1}', '{"UserIds":[null]}', '{"roleId":1e400}'),
);

test('no request brings a mistake of the emulator to light', { timeout: 60_000 }, async () => {
  const emulator = await emulate();
  await control(emulator, 'POST', 'limits', { isEnabled: false });
  await call(emulator, 'POST', '/auth.roblox.com/v2/logout', {
    headers: { cookie: `.ROBLOSECURITY=${cookie}` },
    body: {},
  });
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes),
      fc.array(segment, { minLength: 4, maxLength: 4 }),
      query,
      body,
      async (route, segments, asked, text) => {
        const given = [...segments];
        const path = route.path.replaceAll(/\{\w+\}/g, () => given.pop() ?? '1');
        // Asked anew each time: a log-out among the requests ends the session.
        for (const session of emulator.world.sessions) session.isValid = true;
        const headers = {
          'x-api-key': apiKey,
          cookie: `.ROBLOSECURITY=${emulator.world.sessions[0]?.cookie}`,
          'x-csrf-token': emulator.world.sessions[0]?.csrfToken ?? '',
          'content-type': 'application/json',
        };
        const search = new URLSearchParams(asked).toString();
        const sent = route.method === 'GET' ? {} : { body: text };
        const reply = await call(emulator, route.method, `/${route.host}${path}?${search}`, { headers, ...sent });
        statuses.add(reply.status);
        expect(reply.text).not.toContain('emulatorBug');
        expect(reply.status).toBeLessThan(500);
      },
    ),
    { numRuns: 300 },
  );
  // The requests got behind the door: some were served, some refused for what they said. (A 403 is a matter of luck.)
  expect([...statuses]).toEqual(expect.arrayContaining([200, 400, 404]));
});
