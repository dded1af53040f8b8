import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acme, adminToken, type Brevet, openCloudKey, startBrevet, weskKey } from '../../../test/harness/brevet.ts';

let brevet: Brevet;
beforeAll(async () => {
  brevet = await startBrevet();
});
afterAll(() => brevet.close());

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Problem = {
  type: string;
  status: number;
  title: string;
  detail?: string;
  instance: string;
  errors?: { place: string; problem: string }[];
};
const operator = { authorization: `Bearer ${adminToken}` };
const api = (route: string, call: { method?: Method; body?: unknown; headers?: Record<string, string> } = {}) =>
  brevet.call(`/_/api/v1${route}`, { headers: operator, ...call });

type OpenApi = {
  openapi: string;
  paths: Record<string, Record<string, { requestBody?: unknown; responses: Record<string, unknown> }>>;
};
const openApi = async () => (await brevet.call('/_/api/openapi.json', { headers: operator })).json as OpenApi;

describe('signing in', () => {
  test.each([
    ['no token', {}],
    ['a wrong one', { authorization: 'Bearer admin-token-of-somebody-else' }],
    ['too short a one', { authorization: `Bearer ${adminToken.slice(0, -1)}` }],
    ['one character more', { authorization: `Bearer ${adminToken}x` }],
    ['none after the word', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${adminToken}` }],
    ['the bare token', { authorization: adminToken }],
    ['a game key', { authorization: `Bearer ${weskKey}`, 'x-api-key': weskKey }],
  ])('%s opens no route at all', async (_what, headers) => {
    const routes = Object.entries((await openApi()).paths).flatMap(([route, methods]) =>
      Object.keys(methods).map(
        (method) => [method.toUpperCase() as Method, route.replace('{slug}', 'acme').replace('{id}', '1')] as const,
      ),
    );
    expect(routes.length).toBeGreaterThanOrEqual(8);
    // each from an address of its own: what is looked at here is not the lock-out
    let address = 0;
    for (const [method, route] of [...routes, ['GET', '/_/api/openapi.json'] as const]) {
      address += 1;
      const response = await brevet.app.inject({ method, url: route, headers, remoteAddress: `192.0.2.${address}` });
      expect([route, response.statusCode]).toEqual([route, 401]);
      expect(response.headers['content-type']).toContain('application/problem+json');
      expect(response.headers['www-authenticate']).toMatch(/^Bearer realm="brevet"/);
      expect(response.body).not.toContain(adminToken);
    }
  });

  test('the scheme may be written in any case', async () => {
    expect((await api('/status', { headers: { authorization: `bearer ${adminToken}` } })).status).toBe(200);
  });
});

describe('what it says about itself', () => {
  test('OpenAPI 3.1, with every route, the whole document and the shape of errors', async () => {
    const description = await openApi();
    expect(description.openapi).toBe('3.1.0');
    expect(
      Object.entries(description.paths)
        .flatMap(([route, methods]) => Object.keys(methods).map((method) => `${method} ${route}`))
        .sort(),
    ).toEqual([
      'delete /_/api/v1/workspaces/{slug}/keys/{id}',
      'get /_/api/v1/checks',
      'get /_/api/v1/status',
      'get /_/api/v1/workspaces',
      'get /_/api/v1/workspaces/{slug}/document',
      'get /_/api/v1/workspaces/{slug}/keys',
      'post /_/api/v1/workspaces/{slug}/keys',
      'put /_/api/v1/workspaces/{slug}/document',
    ]);
    const put = description.paths['/_/api/v1/workspaces/{slug}/document']?.['put'];
    const body = JSON.stringify(put?.requestBody);
    for (const part of ['rankCentre', 'acceptedAnswers', 'requireVerification', 'additionalProperties":false']) {
      expect(body).toContain(part);
    }
    expect(JSON.stringify(put?.responses)).toContain('application/problem+json');
  });

  test('status: version, database, and how the credentials are', async () => {
    const { json } = await api('/status');
    expect(json).toMatchObject({
      version: 'test',
      database: 'reachable',
      workspaces: [{ slug: 'acme', mainGroupId: 7001, credentials: [{ place: 'credential', kind: 'openCloud' }] }],
    });
  });

  test('checks ask Roblox about the credential', async () => {
    const { checks } = (await api('/checks')).json as { checks: { name: string; state: string; message: string }[] };
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['Database', 'ok'],
      ['Clock', 'ok'],
      ['acme: credential (openCloud)', 'ok'],
    ]);
    expect(checks[2]?.message).toMatch(/^acts as .+ \(user \d+\)$/);
  });

  test('checks say what is broken, and what to do', async () => {
    await brevet.apply({
      workspace: { slug: 'sick', name: 'Sick' },
      credential: { kind: 'openCloud', value: 'not-a-key-of-anybody' },
      groups: [{ id: 7001, main: true }],
    });
    const { checks } = (await api('/checks')).json as { checks: { name: string; state: string; remedy?: string }[] };
    const sick = checks.filter(({ name }) => name.startsWith('sick'));
    expect(sick.map(({ name, state }) => [name, state])).toEqual([
      ['sick: ladder', 'warning'],
      ['sick: credential (openCloud)', 'broken'],
    ]);
    for (const check of sick) expect(check.remedy).toBeTruthy();
  });
});

describe('documents', () => {
  test('applied, looked at first, written back', async () => {
    const document = { ...acme({ workspace: { slug: 'put', name: 'Put' } }), keys: [] };
    const dry = await api('/workspaces/put/document?dryRun=true', { method: 'PUT', body: document });
    expect(dry.json).toMatchObject({ isNew: true, isDryRun: true, isChanged: true });
    expect((await api('/workspaces/put/document')).status).toBe(404);
    const done = await api('/workspaces/put/document', { method: 'PUT', body: document });
    expect([done.status, done.json]).toMatchObject([200, { isNew: true, isChanged: true }]);
    expect((await api('/workspaces/put/document', { method: 'PUT', body: document })).json).toMatchObject({
      isChanged: false,
    });
    const back = await api('/workspaces/put/document');
    expect(back.json).toMatchObject({ workspace: { slug: 'put' }, credential: { kind: 'openCloud' } });
    expect(back.headers['cache-control']).toBe('no-store');
    expect((await api('/workspaces')).json).toMatchObject({
      workspaces: expect.arrayContaining([{ slug: 'put', name: 'Put', plan: 'max', mainGroupId: 7001 }]),
    });
  });

  test('a document of another slug changes nothing', async () => {
    const answer = await api('/workspaces/acme/document', {
      method: 'PUT',
      body: { workspace: { slug: 'other', name: 'O' } },
    });
    expect(answer.json).toMatchObject({ status: 400, errors: [{ place: 'workspace.slug' }] });
    expect((await api('/workspaces/other/document')).status).toBe(404);
  });

  test.each([
    ['a variable', { env: 'PATH' }],
    ['a file', { file: '/etc/passwd' }],
  ])('a reference to %s is refused: it would read the server’s secrets', async (_what, value) => {
    for (const part of [
      { credential: { kind: 'cookie', value } },
      { keys: [{ dialect: 'viscra', value }] },
      { extraCredentials: [{ kind: 'cookie', value }] },
    ]) {
      const answer = await api('/workspaces/acme/document', {
        method: 'PUT',
        body: { workspace: { slug: 'acme' }, ...part },
      });
      expect(answer.status).toBe(400);
      const { errors, type } = answer.json as Problem;
      expect(type).toBe('urn:brevet:error:document.invalid');
      expect(errors?.[0]?.place).toMatch(/value$/);
      expect(errors?.[0]?.problem).toContain('reference');
    }
  });

  test('a whole example fits through, and a megabyte too; seventeen do not', async () => {
    const file = path.join(import.meta.dirname, '../../../docs/workspace.example.json');
    const example = JSON.parse(
      readFileSync(file, 'utf8').replaceAll(/\{\s*"(?:env|file)": "([^"]+)"\s*\}/g, '"secret of $1"'),
    );
    const put = (blacklist: object[]) => {
      const body = { ...example, workspace: { slug: 'example', name: 'E' }, blacklist };
      return api('/workspaces/example/document?dryRun=true', { method: 'PUT', body });
    };
    expect((await put(example.blacklist)).json).toMatchObject({ isChanged: true });
    const entries = (number: number, reason: string) =>
      Array.from({ length: number }, (_, index) => ({ groupId: 7001, robloxUserId: index + 1, reason }));
    expect((await put(entries(10_000, 'x'.repeat(60)))).json).toMatchObject({ isChanged: true });
    const tooLarge = await put(entries(18_000, 'x'.repeat(950)));
    expect([tooLarge.status, tooLarge.headers['content-type']]).toEqual([
      413,
      'application/problem+json; charset=utf-8',
    ]);
  });
});

describe('keys', () => {
  test.each([
    ['wesk', /^wesk_[0-9A-Za-z]{40}$/, 7001],
    ['rankgun', /^rg_[0-9A-Za-z]{40}$/, null],
    ['viscra', /^vis_[0-9A-Za-z]{40}$/, null],
    ['rankportal', /^rsp_[0-9a-f]{40}$/, null],
  ])('a %s key has its form, is shown once, and can be revoked', async (dialect, form, groupId) => {
    const issued = await api('/workspaces/acme/keys', { body: { dialect, label: 'new', maxRank: 20 } });
    expect(issued.status).toBe(201);
    const { value, ...key } = issued.json as { value: string; id: number };
    expect(value).toMatch(form);
    expect(key).toMatchObject({
      dialect,
      label: 'new',
      maxRank: 20,
      groupId,
      lastFour: value.slice(-4),
      revokedAt: null,
    });
    const listed = await api('/workspaces/acme/keys');
    expect(listed.json).toMatchObject({ keys: expect.arrayContaining([key]) });
    expect(listed.text).not.toContain(value);

    expect((await api(`/workspaces/acme/keys/${key.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await api(`/workspaces/acme/keys/${key.id}`, { method: 'DELETE' })).json).toMatchObject({
      status: 404,
      type: 'urn:brevet:error:key.not-found',
    });
  });

  test('a new WESK key opens the group at once, and nothing once it is revoked', async () => {
    const { value, id } = (await api('/workspaces/acme/keys', { body: { dialect: 'wesk' } })).json as {
      value: string;
      id: number;
    };
    const read = () => brevet.call('/v1/groups/7001/rank/2001', { headers: { 'x-api-key': value } });
    expect((await read()).status).toBe(200);
    await api(`/workspaces/acme/keys/${id}`, { method: 'DELETE' });
    expect((await read()).status).toBe(401);
  });

  test('an existing key is taken in; one that is in use is not', async () => {
    const value = 'the-old-services-key-0001';
    expect((await api('/workspaces/acme/keys', { body: { dialect: 'rankgun', value } })).json).toMatchObject({ value });
    for (const taken of [value, weskKey]) {
      const answer = await api('/workspaces/acme/keys', { body: { dialect: 'viscra', value: taken } });
      expect(answer.json).toMatchObject({ status: 409, type: 'urn:brevet:error:key.in-use' });
    }
  });

  test('limits of the plan, foreign groups, missing groups', async () => {
    await brevet.apply({
      workspace: { slug: 'small', name: 'Small', plan: 'starter' },
      groups: [{ id: 5, main: true }],
    });
    await brevet.apply({ workspace: { slug: 'groupless', name: 'Groupless', open: true } });
    expect((await api('/workspaces/small/keys', { body: { dialect: 'wesk' } })).status).toBe(201);
    expect((await api('/workspaces/small/keys', { body: { dialect: 'wesk' } })).json).toMatchObject({
      status: 403,
      type: 'urn:brevet:error:plan.keys-max',
      facts: { plan: 'starter', max: 1, groupId: 5 },
    });
    expect((await api('/workspaces/small/keys', { body: { dialect: 'viscra', groupId: 6 } })).json).toMatchObject({
      status: 400,
      type: 'urn:brevet:error:group.foreign',
    });
    expect((await api('/workspaces/groupless/keys', { body: { dialect: 'wesk' } })).json).toMatchObject({
      status: 400,
      type: 'urn:brevet:error:key.needs-group',
    });
  });

  test('of several asked for at once, the plan gets its one', async () => {
    const groups = [{ id: 5, main: true }];
    await brevet.apply({ workspace: { slug: 'race', name: 'Race', plan: 'starter' }, groups });
    const asked = Array.from({ length: 5 }, () => api('/workspaces/race/keys', { body: { dialect: 'wesk' } }));
    const statuses = (await Promise.all(asked)).map((answer) => answer.status);
    expect(statuses.sort()).toEqual([201, 403, 403, 403, 403]);
  });

  test('a key of another workspace cannot be revoked through this one', async () => {
    await brevet.apply({ workspace: { slug: 'stranger', name: 'Stranger' } });
    const { keys } = (await api('/workspaces/acme/keys')).json as { keys: { id: number; label: string }[] };
    const lobby = keys.find((key) => key.label === 'Lobby');
    expect((await api(`/workspaces/stranger/keys/${lobby?.id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await brevet.call('/v1/groups/7001/rank/2001')).status).toBe(200);
  });
});

describe('what cannot be answered', () => {
  test.each([
    ['an unknown path', '/nothing', 'GET', undefined, 404],
    ['a wrong method', '/status', 'PATCH', undefined, 405],
    ['an unknown workspace', '/workspaces/nobody/keys', 'GET', undefined, 404],
    ['a slug that cannot be', '/workspaces/%00/keys', 'GET', undefined, 400],
    ['a key id that cannot be', '/workspaces/acme/keys/99999999999', 'DELETE', undefined, 400],
    ['bad percent-encoding', '/workspaces/%zz/keys', 'GET', undefined, 400],
    ['a body that is no JSON', '/workspaces/acme/keys', 'POST', '{"dialect":', 400],
    ['a body that is no object', '/workspaces/acme/keys', 'POST', '"viscra"', 400],
    ['an empty body', '/workspaces/acme/keys', 'POST', '', 400],
    ['a wrong query', '/workspaces/acme/document?dryRun=maybe', 'PUT', { workspace: { slug: 'acme' } }, 400],
    ['a body over 64 KiB', '/workspaces/acme/keys', 'POST', { dialect: 'viscra', label: 'x'.repeat(70_000) }, 413],
  ] as const)('%s is a problem in shape', async (_what, route, method, body, status) => {
    const answer = await api(route, { method, ...(body === undefined ? {} : { body }) });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.json).toMatchObject({
      status,
      title: expect.any(String),
      instance: `/_/api/v1${route.split('?')[0]}`,
    });
  });
});

test('no secret came out anywhere: not in an answer, not in the log', async () => {
  const answers = await Promise.all(
    ['/status', '/checks', '/workspaces', '/workspaces/acme/document', '/workspaces/acme/keys'].map((route) =>
      api(route),
    ),
  );
  const said = brevet.logged() + answers.map((answer) => answer.text).join('');
  expect(brevet.logged()).not.toBe('');
  for (const secret of [adminToken, weskKey, openCloudKey, 'the-old-services-key-0001', 'not-a-key-of-anybody']) {
    expect(said).not.toContain(secret);
  }
});
