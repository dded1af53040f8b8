/** Reads a user's rank in a group: one Roblox call while the group's roles are remembered. */
import type { Caller } from '../domain/caller.ts';
import type { GroupId, Rank, UserId } from '../domain/ids.ts';
import { ladderRank } from '../domain/rank-change.ts';
import { Refused } from '../domain/refusals.ts';
import type { Role } from '../domain/roles.ts';
import { type Deps, requestDeadlineMs } from './deps.ts';
import { orRefuse, preferredCredential, readGroupRoles } from './member-view.ts';

/** `rank` 0 with `isMember` false: a stranger, which is a normal answer. */
export type MemberRank = { readonly isMember: boolean; readonly rank: Rank; readonly role: Role | null };

export async function getRank(
  deps: Pick<Deps, 'storage' | 'roblox' | 'clock'>,
  caller: Caller,
  { groupId, userId }: { groupId: GroupId; userId: UserId },
): Promise<MemberRank> {
  const settings = await deps.storage.tenant(caller.workspaceId).ranking.settings(groupId, null, null);
  if (!settings.ownsGroup) throw new Refused({ code: 'group.foreign', groupId });
  const credential = preferredCredential(settings);
  if (credential === null) throw new Refused({ code: 'credential.missing' });
  const call = { deadlineMs: deps.clock.monotonicMs() + requestDeadlineMs, priority: 'read' as const };
  const [membership, remembered] = await Promise.all([
    orRefuse(deps.roblox.readMembership(credential, groupId, userId, call)),
    readGroupRoles(deps, credential, groupId, call),
  ]);
  const isKnown = (roles: readonly Role[]) => membership.roles.every((id) => roles.some((role) => role.id === id));
  const roles = isKnown(remembered)
    ? remembered
    : await readGroupRoles(deps, credential, groupId, { ...call, fresh: true });
  const rank = ladderRank(roles, settings.confirmedLadder, membership);
  const role = roles.find((candidate) => candidate.rank === rank && membership.roles.includes(candidate.id)) ?? null;
  return { isMember: membership.isMember, rank, role };
}
