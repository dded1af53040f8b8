/** From a seed to a world and back; what is written can be read again unchanged. */
import { completeBehaviour, completeLimits, parseSeed, type Seed } from './seed.ts';
import { baseRole, type Group, type Role, type World } from './world.ts';

/** Throws `SeedError` when the seed cannot be played. `now` dates what has no date. */
export function worldOf(input: unknown, now: Date): World {
  const seed = parseSeed(input);
  return {
    users: byId(
      seed.users.map((user) => ({
        ...user,
        displayName: user.displayName ?? user.name,
        created: new Date(user.created),
        passIds: new Set(user.passIds),
      })),
    ),
    groups: byId(seed.groups.map(groupOf)),
    passes: byId(seed.passes),
    sessions: seed.sessions.map((session) => ({ ...session, csrfExpires: dateOf(session.csrfExpires) })),
    keys: seed.keys.map((key) => ({
      ...key,
      expires: dateOf(key.expires),
      lastUsed: key.lastUsed === undefined ? now : new Date(key.lastUsed),
    })),
    tokens: seed.tokens.map((token) => ({ ...token, expires: new Date(token.expires) })),
    behaviour: completeBehaviour(seed.behaviour),
    limits: completeLimits(seed.limits),
  };
}

function groupOf(seed: Seed['groups'][number]): Group {
  const group: Group = {
    ...seed,
    created: new Date(seed.created),
    updated: new Date(seed.updated ?? seed.created),
    roles: byId(seed.roles.map((role): Role => ({ ...role, permissions: new Set(role.permissions) }))),
    members: new Map(),
    joinRequests: byUser(seed.joinRequests.map((request) => ({ ...request, created: new Date(request.created) }))),
    bans: byUser(seed.bans.map((ban) => ({ ...ban, created: new Date(ban.created) }))),
    shout:
      seed.shout === null
        ? null
        : { ...seed.shout, created: new Date(seed.shout.created), updated: new Date(seed.shout.updated) },
    auditLog: seed.auditLog.map((entry) => ({ ...entry, created: new Date(entry.created) })),
    past: [],
  };
  // Every member holds the base role and the owner the owner role, whether or not the seed says so.
  const base = baseRole(group);
  const owner = [...group.roles.values()].find((role) => role.rank === 255);
  for (const { userId, roleIds, joined, updated } of seed.members) {
    const held = new Set([base.id, ...roleIds]);
    if (userId === group.ownerId && owner !== undefined) held.add(owner.id);
    group.members.set(userId, {
      userId,
      roleIds: held,
      joined: new Date(joined),
      updated: new Date(updated ?? joined),
    });
  }
  if (group.ownerId !== null && owner !== undefined && !group.members.has(group.ownerId)) {
    const roleIds = new Set([base.id, owner.id]);
    group.members.set(group.ownerId, { userId: group.ownerId, roleIds, joined: group.created, updated: group.created });
  }
  return group;
}

/** The whole world as JSON, credentials included: what `GET /_emulator/state` shows and `PUT` takes back. */
export function seedOf(world: World): unknown {
  return {
    users: [...world.users.values()].map((user) => ({ ...user, passIds: [...user.passIds] })),
    groups: [...world.groups.values()].map(({ past: _past, ...group }) => ({
      ...group,
      roles: [...group.roles.values()].map((role) => ({ ...role, permissions: [...role.permissions] })),
      members: [...group.members.values()].map((member) => ({ ...member, roleIds: [...member.roleIds] })),
      joinRequests: [...group.joinRequests.values()],
      bans: [...group.bans.values()],
    })),
    passes: [...world.passes.values()],
    sessions: world.sessions,
    keys: world.keys,
    tokens: world.tokens,
    behaviour: world.behaviour,
    limits: world.limits,
  };
}

const byId = <T extends { id: number }>(items: readonly T[]) => new Map(items.map((item) => [item.id, item]));
const byUser = <T extends { userId: number }>(items: readonly T[]) => new Map(items.map((item) => [item.userId, item]));
const dateOf = (moment: string | null) => (moment === null ? null : new Date(moment));
