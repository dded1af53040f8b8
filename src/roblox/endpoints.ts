/**
 * Every Roblox endpoint Brevet knows, as data: the client calls them by these names and the emulator plays them by the
 * same names, so neither can forget one. Facts: roblox-api.md sections 3 to 12 (section in brackets).
 */
import { z } from 'zod';

export type CredentialKind = 'openCloud' | 'cookie' | 'none';

export type Endpoint = {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly host: string;
  /** `{name}` is a path parameter. Custom methods (`:assignRole`) stay unencoded. */
  readonly path: string;
  /** What the call is made with. `none` also accepts a cookie: send one where there is one. */
  readonly credential: CredentialKind;
  /** Calls a minute for one owner account; each endpoint is a bucket of its own. Cookie figures are cautious guesses [10.9]. */
  readonly perMinute: number;
  /** A call that changes something: needs CSRF with a cookie and is never repeated blindly. */
  readonly isWrite: boolean;
  /** The part of a good answer that Brevet relies on; unknown fields are ignored. */
  readonly answer: z.ZodType;
};

const cloudHost = 'apis.roblox.com';
const groupsHost = 'groups.roblox.com';
const usersHost = 'users.roblox.com';

const decimal = z.string().regex(/^\d+$/);
const resourcePath = z.string();

const cloudRole = z.object({
  path: resourcePath,
  id: decimal,
  displayName: z.string().default(''),
  rank: z.number(),
  memberCount: z.number().optional(),
  /** Of roles other than guest only with group:read, and only one's own unless one owns the group. */
  permissions: z.object({ changeRank: z.boolean().optional() }).optional(),
});
const cloudMembership = z.object({
  path: resourcePath,
  user: resourcePath,
  createTime: z.string().optional(),
  role: resourcePath.optional(),
  roles: z.array(resourcePath).optional(),
});
const legacyRole = z.object({
  id: z.number(),
  name: z.string(),
  rank: z.number(),
  memberCount: z.number().optional(),
  isBase: z.boolean().optional(),
});
const legacyUser = z.object({ userId: z.number(), username: z.string(), displayName: z.string().optional() });
const nothing = z.unknown();

type Answering<Answer extends z.ZodType> = Endpoint & { readonly answer: Answer };

function open<A extends z.ZodType>(
  method: Endpoint['method'],
  path: string,
  perMinute: number,
  answer: A,
): Answering<A> {
  return { method, host: cloudHost, path, credential: 'openCloud', perMinute, isWrite: method !== 'GET', answer };
}
function cookie<A extends z.ZodType>(
  method: Endpoint['method'],
  path: string,
  perMinute: number,
  answer: A,
): Answering<A> {
  return { method, host: groupsHost, path, credential: 'cookie', perMinute, isWrite: method !== 'GET', answer };
}
function anonymous<A extends z.ZodType>(
  host: string,
  method: 'GET' | 'POST',
  path: string,
  perMinute: number,
  answer: A,
): Answering<A> {
  return { method, host, path, credential: 'none', perMinute, isWrite: false, answer };
}

export const endpoints = {
  // Open Cloud groups [4]
  cloudGetGroup: open(
    'GET',
    '/cloud/v2/groups/{groupId}',
    150,
    z.object({ path: resourcePath, id: decimal, displayName: z.string(), owner: resourcePath.optional() }),
  ),
  cloudListRoles: open(
    'GET',
    '/cloud/v2/groups/{groupId}/roles',
    300,
    z.object({ groupRoles: z.array(cloudRole), nextPageToken: z.string().optional() }),
  ),
  cloudGetRole: open('GET', '/cloud/v2/groups/{groupId}/roles/{roleId}', 300, cloudRole),
  cloudListMemberships: open(
    'GET',
    '/cloud/v2/groups/{groupId}/memberships',
    300,
    z.object({ groupMemberships: z.array(cloudMembership), nextPageToken: z.string().optional() }),
  ),
  cloudPatchMembership: open('PATCH', '/cloud/v2/groups/{groupId}/memberships/{membershipId}', 300, cloudMembership),
  cloudAssignRole: open(
    'POST',
    '/cloud/v2/groups/{groupId}/memberships/{membershipId}:assignRole',
    300,
    cloudMembership,
  ),
  cloudUnassignRole: open(
    'POST',
    '/cloud/v2/groups/{groupId}/memberships/{membershipId}:unassignRole',
    300,
    cloudMembership,
  ),
  cloudListJoinRequests: open(
    'GET',
    '/cloud/v2/groups/{groupId}/join-requests',
    300,
    z.object({
      groupJoinRequests: z.array(z.object({ path: resourcePath, user: resourcePath, createTime: z.string() })),
      nextPageToken: z.string().optional(),
    }),
  ),
  cloudAcceptJoinRequest: open('POST', '/cloud/v2/groups/{groupId}/join-requests/{userId}:accept', 100, nothing),
  cloudDeclineJoinRequest: open('POST', '/cloud/v2/groups/{groupId}/join-requests/{userId}:decline', 100, nothing),
  // Open Cloud users and inventory [5]
  cloudGetUser: open(
    'GET',
    '/cloud/v2/users/{userId}',
    1000,
    z.object({ id: decimal, name: z.string(), displayName: z.string() }),
  ),
  cloudListInventory: open(
    'GET',
    '/cloud/v2/users/{userId}/inventory-items',
    100,
    z.object({ inventoryItems: z.array(z.object({ path: resourcePath })), nextPageToken: z.string().optional() }),
  ),
  // Legacy groups on the Open Cloud host [6]
  cloudPostShout: open('PATCH', '/legacy-groups/v1/groups/{groupId}/status', 100, z.object({ body: z.string() })),
  cloudAuditLog: open(
    'GET',
    '/legacy-groups/v1/groups/{groupId}/audit-log',
    100,
    z.object({ data: z.array(z.unknown()), nextPageCursor: z.string().nullable() }),
  ),
  // API keys [7]; the key stands in the body, so it is called without a credential
  introspectKey: {
    ...anonymous(
      cloudHost,
      'POST',
      '/api-keys/v1/introspect',
      60,
      z.object({
        name: z.string(),
        authorizedUserId: z.number(),
        scopes: z.array(
          z.object({
            name: z.string(),
            operations: z.array(z.string()).nullable().optional(),
            groupIds: z.array(z.union([z.string(), z.number()])).optional(),
          }),
        ),
        enabled: z.boolean(),
        expired: z.boolean(),
        expirationTimeUtc: z.string().nullable().optional(),
      }),
    ),
  },
  // Legacy groups [11]
  getGroup: anonymous(
    groupsHost,
    'GET',
    '/v1/groups/{groupId}',
    100,
    z.object({
      id: z.number(),
      name: z.string(),
      owner: legacyUser.nullable().optional(),
      shout: z.object({ body: z.string(), poster: legacyUser.partial(), updated: z.string() }).nullable().optional(),
    }),
  ),
  listRoles: anonymous(
    groupsHost,
    'GET',
    '/v1/groups/{groupId}/roles',
    100,
    z.object({ groupId: z.number(), roles: z.array(legacyRole) }),
  ),
  listUserGroups: anonymous(
    groupsHost,
    'GET',
    '/v2/users/{userId}/groups/roles',
    300,
    z.object({ data: z.array(z.object({ group: z.object({ id: z.number() }), role: legacyRole })) }),
  ),
  listGroupUsers: anonymous(
    groupsHost,
    'GET',
    '/v1/groups/{groupId}/users',
    100,
    z.object({
      data: z.array(z.object({ user: legacyUser, role: legacyRole })),
      nextPageCursor: z.string().nullable(),
    }),
  ),
  setUserRole: cookie('PATCH', '/v1/groups/{groupId}/users/{userId}', 300, nothing),
  exileUser: cookie('DELETE', '/v1/groups/{groupId}/users/{userId}', 60, nothing),
  listJoinRequests: cookie(
    'GET',
    '/v1/groups/{groupId}/join-requests',
    100,
    z.object({
      data: z.array(z.object({ requester: legacyUser, created: z.string() })),
      nextPageCursor: z.string().nullable(),
    }),
  ),
  getJoinRequest: cookie(
    'GET',
    '/v1/groups/{groupId}/join-requests/users/{userId}',
    100,
    z.object({ requester: legacyUser, created: z.string() }).nullable(),
  ),
  acceptJoinRequest: cookie('POST', '/v1/groups/{groupId}/join-requests/users/{userId}', 60, nothing),
  declineJoinRequest: cookie('DELETE', '/v1/groups/{groupId}/join-requests/users/{userId}', 60, nothing),
  postShout: cookie('PATCH', '/v1/groups/{groupId}/status', 10, z.object({ body: z.string() })),
  getOwnMembership: cookie(
    'GET',
    '/v1/groups/{groupId}/membership',
    100,
    z.object({
      groupId: z.number(),
      userRole: z.object({ user: legacyUser.optional(), role: legacyRole }),
      permissions: z.object({ groupMembershipPermissions: z.object({ changeRank: z.boolean() }).loose() }).loose(),
      isOwner: z.boolean().optional(),
    }),
  ),
  // Legacy users [12.1]
  getAuthenticatedUser: {
    ...cookie(
      'GET',
      '/v1/users/authenticated',
      100,
      z.object({ id: z.number(), name: z.string(), displayName: z.string() }),
    ),
    host: usersHost,
  },
  getUser: anonymous(
    usersHost,
    'GET',
    '/v1/users/{userId}',
    250,
    z.object({ id: z.number(), name: z.string(), displayName: z.string() }),
  ),
  listUsers: anonymous(
    usersHost,
    'POST',
    '/v1/users',
    250,
    z.object({ data: z.array(z.object({ id: z.number(), name: z.string(), displayName: z.string() })) }),
  ),
  findUsernames: anonymous(
    usersHost,
    'POST',
    '/v1/usernames/users',
    250,
    z.object({
      data: z.array(
        z.object({ requestedUsername: z.string(), id: z.number(), name: z.string(), displayName: z.string() }),
      ),
    }),
  ),
} as const satisfies Record<string, Endpoint>;

/** Which endpoint does what with which credential; null: it cannot be done with it. */
export const writeEndpoints = {
  exile: { openCloud: null, cookie: 'exileUser' },
  accept: { openCloud: 'cloudAcceptJoinRequest', cookie: 'acceptJoinRequest' },
  decline: { openCloud: 'cloudDeclineJoinRequest', cookie: 'declineJoinRequest' },
  shout: { openCloud: 'cloudPostShout', cookie: 'postShout' },
} as const satisfies Record<string, Record<'openCloud' | 'cookie', keyof typeof endpoints | null>>;

export type EndpointName = keyof typeof endpoints;
/** The parsed answer of an endpoint. */
export type AnswerOf<Name extends EndpointName> = z.output<(typeof endpoints)[Name]['answer']>;
