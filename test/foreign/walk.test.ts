/** A walk through roblox-api.md, endpoint by endpoint: every documented field is there, of its type, and nothing else. */
import { afterEach, expect, test } from 'vitest';
import { closeEmulators, emulateCompany, groupId, roleId, userId } from './company.ts';
import { documentedAnswers } from './documented-answers.ts';
import { cloudRefusal, legacyRefusal } from './documented-objects.ts';
import { documentedRefusals } from './documented-refusals.ts';
import { either, mismatches } from './shapes.ts';
import { ask, type Question } from './walk.ts';

afterEach(closeEmulators);

test.each(documentedAnswers.map((documented) => [titleOf(documented), documented] as const))(
  '%s',
  async (_title, documented) => {
    const emulator = await emulateCompany();
    if (documented.after !== undefined) expect((await ask(emulator, documented.after)).status).toBe(200);
    const { status, body } = await ask(emulator, documented);
    expect([status, ...mismatches(body, documented.answer)]).toEqual([200]);
  },
);

function titleOf({ section, call, as, query }: Question & { section: string }): string {
  const asked = query === undefined ? '' : ` ?${Object.entries(query).map(([name, value]) => `${name}=${value}`)}`;
  return `[${section}] ${call}${asked} (${as})`;
}

test.each(documentedRefusals.map((refusal) => [`${titleOf(refusal)}: ${refusal.why}`, refusal] as const))(
  'refused: %s',
  async (_title, refusal) => {
    const emulator = await emulateCompany();
    const { status, body } = await ask(emulator, refusal);
    expect([refusal.status].flat()).toContain(status);
    // Both shapes come from one host; which of them it is tells the answer itself.
    expect(mismatches(body, either(legacyRefusal, cloudRefusal))).toEqual([]);
    const { errors, code } = body as { errors?: { code: number }[]; code?: string };
    if (refusal.code !== null) expect(errors?.[0]?.code ?? code).toBe(refusal.code);
  },
);

const challenged = {
  verify: 'POST twostepverification.roblox.com/v1/users/{U}/challenges/authenticator/verify',
  continue: 'POST apis.roblox.com/challenge/v1/continue',
};

test('no endpoint that is played was left out', async () => {
  const emulator = await emulateCompany();
  const response = await fetch(`${emulator.url}/_emulator/`);
  const { endpoints } = (await response.json()) as { endpoints: { method: string; url: string }[] };
  const nameless = (call: string) => call.replaceAll(/\{\w+\}/g, '{}');
  const played = new Set(endpoints.map(({ method, url }) => nameless(`${method} ${url.slice(1)}`)));
  const walked = [...documentedAnswers.map(({ call }) => call), ...Object.values(challenged)].map(nameless);
  expect([...new Set(walked)].sort()).toEqual([...played].sort());
});

test('[10.4] a challenge by authenticator: three headers, verify, continue, and the request once more', async () => {
  const emulator = await emulateCompany();
  const write: Question = {
    call: 'PATCH groups.roblox.com/v1/groups/{G}/users/{U}',
    as: 'bot cookie',
    body: { roleId: roleId.captain },
  };
  emulator.addFault({ kind: 'challenge', type: 'twostepverification', endpoint: 'setUserRole' });
  const refused = await ask(emulator, write);
  expect(refused.status).toBe(403);
  expect(mismatches(refused.body, legacyRefusal)).toEqual([]);
  const header = (name: string) => refused.headers.get(`rblx-challenge-${name}`) ?? '';
  const metadata = JSON.parse(Buffer.from(header('metadata'), 'base64').toString('utf8'));
  expect(header('type')).toBe('twostepverification');
  expect(
    mismatches(metadata, {
      userId: 'string',
      challengeId: 'string',
      actionType: 'string',
      rememberDevice: 'boolean',
      '…': 'anything',
    }),
  ).toEqual([]);
  expect(metadata.challengeId).not.toBe(header('id'));

  const verify = (code: string) =>
    ask(emulator, {
      call: challenged.verify,
      as: 'bot cookie',
      where: { U: userId.bot },
      body: { challengeId: metadata.challengeId, actionType: metadata.actionType, code },
    });
  expect(await verify('000000')).toMatchObject({ status: 400, body: { errors: [{ code: 10 }] } });
  const verified = await verify('123456');
  expect([verified.status, ...mismatches(verified.body, { verificationToken: 'string' })]).toEqual([200]);

  const { verificationToken } = verified.body as { verificationToken: string };
  const { challengeId, actionType } = metadata;
  const challengeMetadata = JSON.stringify({ verificationToken, rememberDevice: false, challengeId, actionType });
  const continued = await ask(emulator, {
    call: challenged.continue,
    as: 'bot cookie',
    body: { challengeId: header('id'), challengeType: header('type'), challengeMetadata },
  });
  expect(continued.status).toBe(200);
  const repeated = await ask(emulator, {
    ...write,
    headers: {
      'rblx-challenge-id': header('id'),
      'rblx-challenge-type': header('type'),
      'rblx-challenge-metadata': Buffer.from(challengeMetadata).toString('base64'),
    },
  });
  expect([repeated.status, repeated.body]).toEqual([200, {}]);
});

test('what there is none of: null in the cookie family, left out in Open Cloud, an empty list for who is no member', async () => {
  const emulator = await emulateCompany();
  const group = emulator.world.groups.get(groupId);
  if (group !== undefined) Object.assign(group, { ownerId: null, shout: null });
  const legacy = await ask(emulator, { call: 'GET groups.roblox.com/v1/groups/{G}', as: 'nobody' });
  expect(legacy.body).toMatchObject({ owner: null, shout: null });
  const cloud = await ask(emulator, { call: 'GET apis.roblox.com/cloud/v2/groups/{G}', as: 'bot key' });
  expect(cloud.body).not.toHaveProperty('owner');
  const memberships = await ask(emulator, {
    call: 'GET apis.roblox.com/cloud/v2/groups/{G}/memberships',
    as: 'bot key',
    query: { filter: `user == 'users/${userId.stranger}'` },
  });
  expect(memberships).toMatchObject({ status: 200, body: { groupMemberships: [], nextPageToken: '' } });
  const guest = await ask(emulator, {
    call: 'GET apis.roblox.com/cloud/v2/groups/{G}/roles/{R}',
    as: 'bot key',
    where: { R: roleId.guest },
  });
  expect(guest.body).toMatchObject({ permissions: { viewGroupShout: true } });
  expect(guest.body).not.toHaveProperty('memberCount');
});

test('[10.3] a token is short, and stands in a refusal of code 0', async () => {
  const emulator = await emulateCompany();
  emulator.addFault({ kind: 'csrfRotation', endpoint: 'exileUser', times: null });
  const refused = await ask(emulator, { call: 'DELETE groups.roblox.com/v1/groups/{G}/users/{U}', as: 'bot cookie' });
  expect([refused.status, refused.body]).toMatchObject([403, { errors: [{ code: 0 }] }]);
  expect(refused.headers.get('x-csrf-token')).toMatch(/^[A-Za-z0-9+/]{8,16}={0,2}$/);
});

test('[10.7] a refreshed session comes with a new cookie, and ends the old one', async () => {
  const emulator = await emulateCompany();
  const { headers } = await ask(emulator, { call: 'POST auth.roblox.com/v1/session/refresh', as: 'bot cookie' });
  expect(headers.get('set-cookie')).toMatch(/^\.ROBLOSECURITY=_\|WARNING:[^;]+;/);
  const probe = await ask(emulator, { call: 'GET users.roblox.com/v1/users/authenticated', as: 'bot cookie' });
  expect([probe.status, probe.body]).toMatchObject([401, { errors: [{ code: 0 }] }]);
});
