/**
 * The seed: a world written as JSON, by hand or by `GET /_emulator/state`. Short forms are filled in; whatever does not
 * fit is reported with its place, so that the file can be put right without reading this code.
 */
import { z } from 'zod';
import { inWords, issuesInWords } from './place-and-remedy.ts';
import { isRouteName } from './routes.ts';
import { problemsOf } from './seed-consistency.ts';
import { defaultBehaviour, defaultLimits, permissionNames } from './world.ts';

const id = z.int().min(1, 'An id is an integer from 1 to 9007199254740991.');
const moment = z.iso.datetime({ offset: true, error: 'A moment is written like "2026-01-31T12:00:00Z".' });
const text = z.string();
/** Everything without a date of its own is this old. */
const longAgo = '2025-01-01T00:00:00.000Z';

const user = z.strictObject({
  id,
  name: text.min(1),
  displayName: text.optional(),
  description: text.default(''),
  created: moment.default(longAgo),
  isBanned: z.boolean().default(false),
  formerNames: z.array(text).default([]),
  inventory: z.enum(['everyone', 'private']).default('everyone'),
  passIds: z.array(id).default([]),
});

const role = z.strictObject({
  id,
  name: text.min(1).max(100),
  description: text.max(1000).default(''),
  rank: z
    .int({ error: 'A rank is an integer from 0 to 255. (The large number is the role id.)' })
    .min(0)
    .max(255, 'A rank is an integer from 0 to 255. (The large number is the role id.)'),
  isBase: z.boolean().default(false),
  permissions: z.array(z.enum(permissionNames)).default([]),
});

const member = z.strictObject({
  userId: id,
  roleIds: z.array(id).default([]),
  joined: moment.default(longAgo),
  updated: moment.optional(),
});

const group = z.strictObject({
  id,
  name: text.min(1).max(50),
  description: text.max(1000).default(''),
  ownerId: id.nullable().default(null),
  created: moment.default(longAgo),
  updated: moment.optional(),
  publicEntry: z.boolean().default(true),
  hiddenMemberList: z.boolean().default(false),
  autoAssignsLowestRole: z.boolean().default(false),
  isLocked: z.boolean().default(false),
  isVerified: z.boolean().default(false),
  lastPageToken: z.enum(['absent', 'empty']).default('absent'),
  roles: z.array(role).max(43, 'A group has at most 40 roles, besides guest, base and owner.'),
  members: z.array(member).default([]),
  joinRequests: z.array(z.strictObject({ userId: id, created: moment.default(longAgo) })).default([]),
  bans: z.array(z.strictObject({ userId: id, actingUserId: id, created: moment.default(longAgo) })).default([]),
  shout: z
    .strictObject({
      body: text.max(255),
      posterId: id,
      created: moment.default(longAgo),
      updated: moment.default(longAgo),
    })
    .nullable()
    .default(null),
  auditLog: z
    .array(
      z.strictObject({
        actorId: id,
        actorRoleId: id,
        actionType: text,
        description: z.record(z.string(), z.unknown()),
        created: moment,
      }),
    )
    .default([]),
});

const session = z.strictObject({
  cookie: text.min(1),
  userId: id,
  isValid: z.boolean().default(true),
  region: text.default(defaultBehaviour.callerRegion),
  csrfToken: text.nullable().default(null),
  csrfExpires: moment.nullable().default(null),
  challenge: text.nullable().default(null),
  authenticatorCode: text.regex(/^\d{6}$/, 'Six digits, like "123456".').default('123456'),
});

const key = z.strictObject({
  key: text.min(1),
  name: text.default('Key'),
  ownerId: id,
  scopes: z
    .array(text.regex(/^[a-z.-]+:[a-z-]+$/, 'A scope is written like "group:write".'))
    .default(['group:read', 'group:write', 'legacy-group:manage', 'user.inventory-item:read']),
  groupIds: z.array(id).nullable().default(null),
  allowedCidrs: z
    .array(z.union([z.cidrv4(), z.cidrv6()], { error: 'An address range is written like "203.0.113.0/24".' }))
    .default([]),
  isEnabled: z.boolean().default(true),
  expires: moment.nullable().default(null),
  lastUsed: moment.optional(),
});

export const behaviourSchema = z.strictObject({
  patchMode: z.enum(['replaceAll', 'replaceHighest']),
  lastPageToken: z.enum(['byGroup', 'absent', 'empty']),
  cloudShoutRoute: z.enum(['works', 'notFound', 'gone']),
  cookieShoutRoute: z.enum(['works', 'notFound', 'gone']),
  csrfText: text,
  csrfLifetimeSeconds: z.number().positive(),
  headerCase: z.enum(['lower', 'upper', 'title', 'mixed']),
  callerRegion: text,
  requiresContentLength: z.boolean(),
  hiddenListClosesCloud: z.boolean(),
});

export const limitsSchema = z.strictObject({
  isEnabled: z.boolean(),
  perMinute: z.record(
    z.string().refine((name) => name === '*' || isRouteName(name), {
      error: (issue) => `There is no endpoint "${issue.input}". GET /_emulator/ lists them; "*" means all.`,
    }),
    z.int().min(0),
  ),
  window: z.enum(['fixed', 'sliding']),
  retryAfter: z.enum(['seconds', 'date', 'none']),
  body: z.enum(['service', 'gateway']),
});

const seedSchema = z.strictObject({
  users: z.array(user).default([]),
  groups: z.array(group).default([]),
  passes: z.array(z.strictObject({ id, name: text.default('Pass') })).default([]),
  sessions: z.array(session).default([]),
  keys: z.array(key).default([]),
  tokens: z
    .array(z.strictObject({ token: text.min(1), userId: id, scopes: z.array(text), expires: moment }))
    .default([]),
  behaviour: behaviourSchema.partial().default({}),
  limits: limitsSchema.partial().default({}),
});

/** A seed with every short form filled in. */
export type Seed = z.output<typeof seedSchema>;
/** A seed as one may write it. */
export type SeedInput = z.input<typeof seedSchema>;

/** A seed that cannot be played. Each problem is `place: what is wrong and what to write instead`. */
export class SeedError extends Error {
  override readonly name = 'SeedError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export function parseSeed(input: unknown): Seed {
  const parsed = seedSchema.safeParse(input, inWords);
  if (!parsed.success) throw new SeedError(issuesInWords(parsed.error));
  const seed = { ...parsed.data, groups: parsed.data.groups.map(withFixedRoles) };
  const problems = problemsOf(seed);
  if (problems.length > 0) throw new SeedError(problems);
  return seed;
}

/** Guest, base and owner role exist in every group; a seed may leave them out. */
function withFixedRoles(group: Seed['groups'][number]): Seed['groups'][number] {
  const added: Seed['groups'][number]['roles'] = [];
  const add = (suffix: number, name: string, rank: number, isBase = false) =>
    added.push({ id: group.id * 1000 + suffix, name, description: '', rank, isBase, permissions: [] });
  if (!group.roles.some((role) => role.rank === 0)) add(0, 'Guest', 0);
  if (!group.roles.some((role) => role.isBase)) add(1, 'Member', 1, true);
  if (!group.roles.some((role) => role.rank === 255)) add(255, 'Owner', 255);
  return { ...group, roles: [...group.roles, ...added] };
}

export const completeBehaviour = (given: Seed['behaviour']) => ({ ...defaultBehaviour, ...defined(given) });
export const completeLimits = (given: Seed['limits']) => ({ ...defaultLimits, ...defined(given) });

/** Drops keys whose value is undefined, which `partial()` lets through and a spread would copy. */
export function defined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
