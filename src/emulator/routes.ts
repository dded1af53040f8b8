/**
 * Every route that is played: those of `roblox/endpoints.ts` by their names, and further ones that other clients use.
 * The credential says who is let in; the scope what a key must carry.
 */
import { type CredentialKind, type EndpointName, endpoints } from '../roblox/endpoints.ts';

export type Route = {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly host: string;
  /** `{name}` is a path parameter. */
  readonly path: string;
  readonly credential: CredentialKind;
  /** Needs CSRF with a cookie. */
  readonly isWrite: boolean;
};

const groups = 'groups.roblox.com';
const users = 'users.roblox.com';
const inventory = 'inventory.roblox.com';
const thumbnails = 'thumbnails.roblox.com';
export const cloudHost = 'apis.roblox.com';
const auth = 'auth.roblox.com';

const furtherRoutes = {
  // Legacy groups
  listGroups: route('GET', groups, '/v2/groups', 'none'),
  findRoles: route('GET', groups, '/v1/roles', 'none'),
  listRoleUsers: route('GET', groups, '/v1/groups/{groupId}/roles/{roleId}/users', 'none'),
  listRolePermissions: route('GET', groups, '/v1/groups/{groupId}/roles/{roleId}/permissions', 'cookie'),
  listUserGroupsV1: route('GET', groups, '/v1/users/{userId}/groups/roles', 'none'),
  getPrimaryGroup: route('GET', groups, '/v1/users/{userId}/groups/primary/role', 'none'),
  acceptJoinRequests: route('POST', groups, '/v1/groups/{groupId}/join-requests', 'cookie'),
  declineJoinRequests: route('DELETE', groups, '/v1/groups/{groupId}/join-requests', 'cookie'),
  joinGroup: route('POST', groups, '/v1/groups/{groupId}/users', 'cookie'),
  listBans: route('GET', groups, '/v1/groups/{groupId}/bans', 'cookie'),
  getBan: route('GET', groups, '/v1/groups/{groupId}/bans/{userId}', 'cookie'),
  banUser: route('POST', groups, '/v1/groups/{groupId}/bans/{userId}', 'cookie'),
  unbanUser: route('DELETE', groups, '/v1/groups/{groupId}/bans/{userId}', 'cookie'),
  auditLog: route('GET', groups, '/v1/groups/{groupId}/audit-log', 'cookie'),
  getSettings: route('GET', groups, '/v1/groups/{groupId}/settings', 'cookie'),
  groupsMetadata: route('GET', groups, '/v1/groups/metadata', 'none'),
  groupsConfiguration: route('GET', groups, '/v1/groups/configuration/metadata', 'none'),
  // Legacy users, inventory, thumbnails
  usernameHistory: route('GET', users, '/v1/users/{userId}/username-history', 'none'),
  isItemOwned: route('GET', inventory, '/v1/users/{userId}/items/{itemType}/{itemId}/is-owned', 'none'),
  listOwnedItem: route('GET', inventory, '/v1/users/{userId}/items/{itemType}/{itemId}', 'none'),
  canViewInventory: route('GET', inventory, '/v1/users/{userId}/can-view-inventory', 'none'),
  listHeadshots: route('GET', thumbnails, '/v1/users/avatar-headshot', 'none'),
  listGroupIcons: route('GET', thumbnails, '/v1/groups/icons', 'none'),
  // Open Cloud
  cloudGenerateThumbnail: route('GET', cloudHost, '/cloud/v2/users/{userId}:generateThumbnail', 'openCloud'),
  cloudGetSettings: route('GET', cloudHost, '/legacy-groups/v1/groups/{groupId}/settings', 'openCloud'),
  // Cookie sessions and challenges
  logOut: route('POST', auth, '/v2/logout', 'cookie'),
  refreshSession: route('POST', auth, '/v1/session/refresh', 'cookie'),
  verifyAuthenticator: route(
    'POST',
    'twostepverification.roblox.com',
    '/v1/users/{userId}/challenges/authenticator/verify',
    'cookie',
  ),
  continueChallenge: route('POST', cloudHost, '/challenge/v1/continue', 'cookie'),
} as const;

function route(method: Route['method'], host: string, path: string, credential: CredentialKind): Omit<Route, 'name'> {
  return { method, host, path, credential, isWrite: method !== 'GET' };
}

export type RouteName = EndpointName | keyof typeof furtherRoutes;

const named = (table: Record<string, Omit<Route, 'name'>>): Route[] =>
  Object.entries(table).map(([name, { method, host, path, credential, isWrite }]) => ({
    name,
    method,
    host,
    path,
    credential,
    isWrite,
  }));

export const routes: readonly Route[] = [...named(endpoints), ...named(furtherRoutes)];

export const isRouteName = (name: string): name is RouteName => name in endpoints || name in furtherRoutes;

/** What a key or token must carry; routes that are not here need no scope. */
export const scopes: Readonly<Partial<Record<RouteName, string>>> = {
  cloudPatchMembership: 'group:write',
  cloudAssignRole: 'group:write',
  cloudUnassignRole: 'group:write',
  cloudListJoinRequests: 'group:read',
  cloudAcceptJoinRequest: 'group:write',
  cloudDeclineJoinRequest: 'group:write',
  cloudPostShout: 'legacy-group:manage',
  cloudAuditLog: 'legacy-group:manage',
  cloudGetSettings: 'legacy-group:manage',
};
