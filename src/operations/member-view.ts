/** Reads what Roblox says about a member, sets it against what Brevet itself has just written, and keeps to ladder roles. */
import type { GroupId, RoleId, UserId } from '../domain/ids.ts';
import { Refused } from '../domain/refusals.ts';
import { ladderOf, type Membership, type Role } from '../domain/roles.ts';
import { believe, type Memory } from '../domain/settlement.ts';
import { type CallOptions, type Credential, RobloxError } from '../roblox/roblox.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import type { Deps } from './deps.ts';
import { robloxRefusal } from './roblox-refusal.ts';

/** Open Cloud where there is a key; a cookie only without one. */
export function preferredCredential(settings: Pick<RankingSettings, 'credentials'>): Credential | null {
  return settings.credentials.find((one) => one.kind === 'openCloud') ?? settings.credentials[0] ?? null;
}

/** Runs a call made before any intent; its failure is a refusal. */
export async function orRefuse<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof RobloxError ? new Refused(robloxRefusal(error)) : error;
  }
}

export type GroupView = {
  readonly roles: readonly Role[];
  readonly confirmedLadder: readonly RoleId[] | null;
};

export type MemberView = {
  /** Corrected: a stale read is replaced by what was settled last. */
  readonly membership: Membership;
  /** Ladder roles the read showed, believed or not: a change removes them too. */
  readonly ladderRolesRead: readonly RoleId[];
  /** Ladder roles to start from. */
  readonly held: readonly RoleId[];
};

/** One Roblox read. `also` are roles to watch that may have left the ladder since. */
export async function readMember(
  deps: Pick<Deps, 'roblox'>,
  credential: Credential,
  group: GroupView & { readonly groupId: GroupId },
  member: {
    readonly userId: UserId;
    readonly memory: Memory | null;
    readonly now: () => Date;
    readonly also?: readonly RoleId[];
  },
  options: CallOptions,
): Promise<MemberView> {
  const membership = await deps.roblox.readMembership(credential, group.groupId, member.userId, options);
  const watched = new Set([...ladderOf(group.roles, group.confirmedLadder).managed, ...(member.also ?? [])]);
  const ladderRolesRead = membership.roles.filter((id) => watched.has(id));
  if (!membership.isMember) return { membership, ladderRolesRead, held: [] };
  const { held, isStale } = believe(ladderRolesRead, member.memory, member.now());
  const others = membership.roles.filter((id) => !watched.has(id));
  return {
    membership: isStale ? { ...membership, roles: [...others, ...held] } : membership,
    ladderRolesRead,
    held,
  };
}

/** The group's roles; refreshed when the ones remembered lack a role that `isNeeded`. Throws Refused `group.unknown`. */
export async function readGroupRoles(
  deps: Pick<Deps, 'roblox'>,
  credential: Credential,
  groupId: GroupId,
  options: CallOptions & { readonly fresh?: boolean },
): Promise<readonly Role[]> {
  const roles = await orRefuse(deps.roblox.readRoles(credential, groupId, options));
  if (roles === null) throw new Refused({ code: 'group.unknown', groupId });
  return roles;
}
