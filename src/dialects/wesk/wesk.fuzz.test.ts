/** Whatever is thrown at the dialect: an answer in its shape, never a 500, never an unhandled rejection. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acme, type Brevet, startBrevet } from '../../../test/harness/brevet.ts';
import { defaultSeed } from '../../emulator/default-world.ts';

const requests = 10_000;
/** Each may send 1,200 a minute, so that the limit is not all that is met. */
const keys = Array.from({ length: 20 }, (_, index) => `wesk_fuzz-key-of-the-tests-${index}`);
const codes = [
  'BAD_REQUEST',
  'NO_MATCHING_RULE',
  'INVALID_API_KEY',
  'FORBIDDEN',
  'FEATURE_NOT_AVAILABLE',
  'USER_BLACKLISTED',
  'GROUP_NOT_FOUND',
  'CONFLICT',
  'ROBLOX_API_ERROR',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'PAYLOAD_TOO_LARGE',
  'RATE_LIMITED',
];

let brevet: Brevet;
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  brevet = await startBrevet({
    unpaced: true,
    seed: { ...defaultSeed(), limits: { isEnabled: false } },
    document: acme({
      keys: keys.map((value, index) => ({ dialect: 'wesk', value, label: `Fuzz ${index}`, groupId: 7001 })),
    }),
  });
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await brevet.close();
});

const oddNumbers = fc.oneof(
  fc.integer({ min: 2001, max: 2056 }),
  fc.integer({ min: 0, max: 260 }),
  fc.double(),
  fc.constantFrom(
    -1,
    0,
    1,
    255,
    256,
    2 ** 53 - 1,
    2 ** 53,
    1e300,
    5.5,
    '5',
    '5.0',
    '007',
    '',
    ' 5',
    '１',
    '2021\u0000',
  ),
);
const oddValues = fc.oneof({ weight: 4, arbitrary: oddNumbers }, fc.jsonValue(), fc.string({ unit: 'binary' }));
const bodies = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .record({ robloxUserId: oddValues, rankId: oddValues }, { requiredKeys: [] })
      .map((body) => JSON.stringify(body)),
  },
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '',
    '{',
    '[]',
    'null',
    '\uFEFF{}',
    '{"__proto__":{"robloxUserId":2021}}',
    '{"constructor":{"prototype":1}}',
    '{"robloxUserId":2021,"robloxUserId":2022,"rankId":3}',
    '\u0000',
  ),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
// dot segments are left out: the test's client resolves them before it asks
const segments = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('7001', 'groups', 'rank', 'promote', 'demote', '2021', 'v1') },
  fc.constantFrom('', '%00', '%zz', '%F0%9F%98%80', '__proto__', 'constructor', '0', '-1', '9'.repeat(300)),
  fc.webSegment().filter((segment) => !/^(\.|%2e){1,2}$/i.test(segment)),
);
const paths = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('/v1/groups/7001/rank', '/v1/groups/7001/promote', '/v1/groups/7001/demote'),
  },
  {
    weight: 2,
    arbitrary: oddValues.map(
      (id) =>
        `/v1/groups/7001/rank/${encodeURIComponent(wellFormed(typeof id === 'string' ? id : JSON.stringify(id)))}`,
    ),
  },
  fc.array(segments, { maxLength: 6 }).map((parts) => `/v1/${parts.join('/')}`),
);
/** `encodeURIComponent` throws on half a surrogate pair. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
const printable = fc.string({ maxLength: 40 });
const headers = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      '',
      ';;',
      'multipart/form-data',
      'application/json; charset=utf-16',
    ),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'br', 'GZIP', ''),
    'idempotency-key': fc.oneof(printable, fc.constantFrom('same', '', 'ü', 'x'.repeat(300))),
    'x-api-key': fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...keys) }, printable),
    'x-forwarded-for': printable,
  },
  { requiredKeys: ['x-api-key'] },
);
const methods = fc.oneof(
  { weight: 6, arbitrary: fc.constant('POST' as const) },
  fc.constantFrom('GET' as const, 'PUT' as const, 'PATCH' as const, 'DELETE' as const, 'OPTIONS' as const),
);

test(`${requests.toLocaleString('en')} generated requests`, { timeout: 600_000 }, async () => {
  const seen = new Map<number, number>();
  const property = fc.asyncProperty(methods, paths, bodies, headers, async (method, path, body, sent) => {
    const answer = await brevet.call(path, { method, headers: sent, ...(method === 'GET' ? {} : { body }) });
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    if (answer.status === 200) return;
    const { error } = answer.json as { error: { code: string; message: string } };
    expect(answer.status === 502 ? error.code : answer.status).toSatisfy(
      (told: number | string) => told === 'ROBLOX_API_ERROR' || Number(told) < 500,
    );
    expect(codes).toContain(error.code);
    expect(error.message).toBeTypeOf('string');
    expect(answer.text).not.toMatch(/\bat .*\.ts|node_modules/);
  });
  await fc.assert(property, { numRuns: requests });
  // the generator must reach what it is for
  for (const status of [200, 400, 401, 404, 405, 502]) expect(seen.get(status) ?? 0).toBeGreaterThan(20);
  expect(unhandled).toEqual([]);
});
