/**
 * What the emulator knows: accounts, groups and credentials, as plain data that both API families read and write.
 * Questions about the data stand here; changes to a group stand in `membership.ts`.
 */

/** The permissions of a role, in Open Cloud's words; the legacy names are made from them. */
export const permissionNames = [
  'viewWallPosts',
  'createWallPosts',
  'deleteWallPosts',
  'viewGroupShout',
  'createGroupShout',
  'changeRank',
  'acceptRequests',
  'exileMembers',
  'manageRelationships',
  'viewAuditLog',
  'spendGroupFunds',
  'advertiseGroup',
  'createAvatarItems',
  'manageAvatarItems',
  'manageGroupUniverses',
  'viewUniverseAnalytics',
  'createApiKeys',
  'manageApiKeys',
  'banMembers',
  'viewForums',
  'manageCategories',
  'createPosts',
  'lockPosts',
  'pinPosts',
  'removePosts',
  'createComments',
  'removeComments',
  'manageBlockedWords',
  'viewBlockedWords',
  'bypassSlowMode',
] as const;
export type Permission = (typeof permissionNames)[number];

export type User = {
  id: number;
  name: string;
  displayName: string;
  description: string;
  created: Date;
  isBanned: boolean;
  formerNames: string[];
  /** `private`: only the user's own key, token or cookie may look. */
  inventory: 'everyone' | 'private';
  passIds: Set<number>;
};

export type Role = {
  id: number;
  name: string;
  description: string;
  rank: number;
  /** The role every member always holds since March 2026. */
  isBase: boolean;
  permissions: Set<Permission>;
};

export type Member = {
  userId: number;
  /** All roles held, the base role included. */
  roleIds: Set<number>;
  joined: Date;
  updated: Date;
};

export type JoinRequest = { userId: number; created: Date };
export type Ban = { userId: number; actingUserId: number; created: Date };
type Shout = { body: string; posterId: number; created: Date; updated: Date };

export type AuditEntry = {
  actorId: number;
  actorRoleId: number;
  /** One word, as in filters: `ChangeRank`. Answers spell it with spaces. */
  actionType: string;
  description: Record<string, unknown>;
  created: Date;
};

/** A member or join request as it was before a change: what a stale read shows. */
export type PastRecord = {
  at: Date;
  userId: number;
  member: Member | null;
  joinRequest: JoinRequest | null;
};

export type Group = {
  id: number;
  name: string;
  description: string;
  ownerId: number | null;
  created: Date;
  updated: Date;
  /** False: who wants to join files a join request. */
  publicEntry: boolean;
  hiddenMemberList: boolean;
  /** Older groups hand a joining user their lowest role too, on top of the base role. */
  autoAssignsLowestRole: boolean;
  isLocked: boolean;
  isVerified: boolean;
  /** How Open Cloud ends a list of this group; both forms occur at Roblox. */
  lastPageToken: 'absent' | 'empty';
  roles: Map<number, Role>;
  members: Map<number, Member>;
  joinRequests: Map<number, JoinRequest>;
  bans: Map<number, Ban>;
  shout: Shout | null;
  auditLog: AuditEntry[];
  past: PastRecord[];
};

type Pass = { id: number; name: string };

export type Session = {
  cookie: string;
  userId: number;
  isValid: boolean;
  /** Where the cookie was made; used from another region it is refused. */
  region: string;
  csrfToken: string | null;
  csrfExpires: Date | null;
  /** The kind of challenge every write of this account meets; null: none. */
  challenge: string | null;
  /** What the authenticator shows, for challenges of type `twostepverification`. */
  authenticatorCode: string;
};

export type ApiKey = {
  key: string;
  name: string;
  ownerId: number;
  /** `group:read`, `group:write`, `legacy-group:manage`, `user.inventory-item:read`, … */
  scopes: string[];
  /** Groups the `group` scope is limited to; null: every group of the owner. */
  groupIds: number[] | null;
  /** Addresses it may be used from (CIDR); empty: any. */
  allowedCidrs: string[];
  isEnabled: boolean;
  expires: Date | null;
  /** A key that was not used for 60 days expires by itself. */
  lastUsed: Date;
};

export type OAuthToken = { token: string; userId: number; scopes: string[]; expires: Date };

/** Things Roblox does not document, or changed over time: switch them to meet each variant. */
export type Behaviour = {
  /** What PATCH of a membership does to the member's other roles. */
  patchMode: 'replaceAll' | 'replaceHighest';
  /** Overrides how each group ends its Open Cloud lists. */
  lastPageToken: 'byGroup' | 'absent' | 'empty';
  cloudShoutRoute: 'works' | 'notFound' | 'gone';
  cookieShoutRoute: 'works' | 'notFound' | 'gone';
  csrfText: string;
  csrfLifetimeSeconds: number;
  /** Spelling of response header names. */
  headerCase: 'lower' | 'upper' | 'title' | 'mixed';
  /** Where calls come from, compared with the region of each session. */
  callerRegion: string;
  /** Legacy writes without Content-Length get 411. */
  requiresContentLength: boolean;
  /** Whether a hidden member list also closes Open Cloud's membership list. */
  hiddenListClosesCloud: boolean;
};

/** Roblox's request limits as they are played; `limits.ts` does the counting. */
export type LimitSettings = {
  isEnabled: boolean;
  /** Calls a minute by endpoint name, over the documented figure. */
  perMinute: Record<string, number>;
  /** `fixed`: a bucket refills a minute after its first call. `sliding`: no 60 s may hold more than the limit. */
  window: 'fixed' | 'sliding';
  /** What Open Cloud says with a 429; legacy routes never send the header. */
  retryAfter: 'seconds' | 'date' | 'none';
  /** Which of the two bodies an Open Cloud 429 has. */
  body: 'service' | 'gateway';
};

export type World = {
  users: Map<number, User>;
  groups: Map<number, Group>;
  passes: Map<number, Pass>;
  sessions: Session[];
  keys: ApiKey[];
  tokens: OAuthToken[];
  behaviour: Behaviour;
  limits: LimitSettings;
};

export const defaultLimits: LimitSettings = {
  isEnabled: true,
  perMinute: {},
  window: 'fixed',
  retryAfter: 'seconds',
  body: 'service',
};

export const defaultBehaviour: Behaviour = {
  patchMode: 'replaceAll',
  lastPageToken: 'byGroup',
  cloudShoutRoute: 'works',
  cookieShoutRoute: 'works',
  csrfText: 'XSRF token invalid',
  csrfLifetimeSeconds: 1800,
  headerCase: 'lower',
  callerRegion: 'home',
  requiresContentLength: true,
  hiddenListClosesCloud: false,
};

export const guestRank = 0;
export const ownerRank = 255;

/** A role found by what it is; every group has a guest, a base and an owner role (the seed sees to it). */
function theRole(group: Group, what: string, matches: (role: Role) => boolean): Role {
  for (const role of group.roles.values()) if (matches(role)) return role;
  throw new Error(`Group ${group.id} has no ${what} role.`);
}
export const baseRole = (group: Group): Role => theRole(group, 'base', (role) => role.isBase);
export const guestRole = (group: Group): Role => theRole(group, 'guest', (role) => role.rank === guestRank);

/** Of the roles a member holds, the one that single-role interfaces show; at equal rank not the base role, then the lowest id. */
export function highestRole(group: Group, member: Member): Role {
  let highest = baseRole(group);
  for (const id of member.roleIds) {
    const role = group.roles.get(id);
    if (role === undefined) continue;
    const ranksHigher = role.rank > highest.rank;
    const winsTie = role.rank === highest.rank && (highest.isBase || (!role.isBase && role.id < highest.id));
    if (ranksHigher || winsTie) highest = role;
  }
  return highest;
}

/** 0 for who is not a member. */
export function rankOf(group: Group, userId: number): number {
  const member = group.members.get(userId);
  return member === undefined ? guestRank : highestRole(group, member).rank;
}

/** The union of what the roles held permit; the owner may do everything. */
export function may(group: Group, userId: number | null, permission: Permission): boolean {
  if (userId !== null && userId === group.ownerId) return true;
  const member = userId === null ? undefined : group.members.get(userId);
  if (member === undefined) return guestRole(group).permissions.has(permission);
  for (const id of member.roleIds) if (group.roles.get(id)?.permissions.has(permission)) return true;
  return false;
}

/** How many hold a role; one pass over the members, for a whole list of roles at once. */
export function holderCounts(group: Group): Map<number, number> {
  const counts = new Map<number, number>();
  for (const member of group.members.values()) {
    for (const id of member.roleIds) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
