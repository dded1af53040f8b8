/** What Roblox says about one user in one group, in exactly one call; never remembered. */
import type { GroupId, RoleId, UserId } from '../domain/ids.ts';
import { isRobloxId, roleId } from '../domain/ids.ts';
import type { Membership } from '../domain/roles.ts';
import type { Caller } from './call.ts';
import type { CredentialSession } from './credential-session.ts';
import type { AnswerOf, EndpointName } from './endpoints.ts';
import { unreadable } from './failures.ts';
import { type CallOptions, RobloxError } from './roblox.ts';

type CloudMembership = AnswerOf<'cloudListMemberships'>['groupMemberships'][number];

export async function readMembership(
  caller: Caller,
  session: CredentialSession,
  groupId: GroupId,
  userId: UserId,
  options: CallOptions,
): Promise<Membership> {
  if (session.credential.kind === 'openCloud') {
    const { groupMemberships } = await caller.read({
      endpoint: 'cloudListMemberships',
      parameters: { groupId },
      query: { maxPageSize: 10, filter: `user == 'users/${userId}'` },
      session,
      options,
    });
    return fromCloud(groupMemberships, userId);
  }
  const groups = await groupsOf(caller, session, userId, options);
  const found = groups.find((each) => each.group.id === groupId);
  // Legacy routes show the highest role only.
  if (found === undefined) return { isMember: false, roles: [], showsAllRoles: false };
  return { isMember: true, roles: [roleIdOf('listUserGroups', found.role.id)], showsAllRoles: false };
}

async function groupsOf(caller: Caller, session: CredentialSession, userId: UserId, options: CallOptions) {
  try {
    const { data } = await caller.read({ endpoint: 'listUserGroups', parameters: { userId }, session, options });
    return data;
  } catch (error) {
    // No such user: Open Cloud answers an empty list here, the legacy route code 3.
    if (error instanceof RobloxError && error.failure === 'refused' && error.status === 400 && error.code === 3)
      return [];
    throw error;
  }
}

/** A user who is not a member is an empty list, not a 404. */
export function fromCloud(memberships: readonly CloudMembership[], userId: UserId): Membership {
  const own = memberships.filter((each) => each.user === `users/${userId}`);
  // Others but not this one: the filter was not understood, and "not a member" would be a guess.
  if (own.length === 0 && memberships.length > 0) throw unreadable('cloudListMemberships');
  if (own.length === 0) return { isMember: false, roles: [], showsAllRoles: true };
  const paths = own.flatMap((each) => (each.roles !== undefined && each.roles.length > 0 ? each.roles : [each.role]));
  const ids = paths.filter((path) => path !== undefined).map((path) => roleIdFromPath(path));
  const [joined] = own.flatMap((each) => each.createTime ?? []);
  return {
    isMember: true,
    roles: [...new Set(ids)],
    showsAllRoles: own.every((each) => each.roles !== undefined),
    ...(joined === undefined ? {} : { joinedAt: new Date(joined) }),
  };
}

/** `groups/7/roles/99` */
function roleIdFromPath(path: string): RoleId {
  const digits = /\/roles\/(\d+)$/.exec(path)?.[1];
  return roleIdOf('cloudListMemberships', Number(digits));
}

function roleIdOf(endpoint: EndpointName, id: number): RoleId {
  if (!isRobloxId(id)) throw unreadable(endpoint);
  return roleId(id);
}
