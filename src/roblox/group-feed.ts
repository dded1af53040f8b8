/** Join requests and the shout, read: the evidence by which accept, decline and shout are settled (design.md 3.9). */
import { type GroupId, isRobloxId, type UserId, userId as userIdOf } from '../domain/ids.ts';
import type { Caller } from './call.ts';
import type { CredentialSession } from './credential-session.ts';
import type { CallOptions, Shout } from './roblox.ts';

export async function hasJoinRequest(
  caller: Caller,
  session: CredentialSession,
  groupId: GroupId,
  userId: UserId,
  options: CallOptions,
): Promise<boolean> {
  if (session.credential.kind === 'openCloud') {
    const { groupJoinRequests } = await caller.read({
      endpoint: 'cloudListJoinRequests',
      parameters: { groupId },
      query: { maxPageSize: 10, filter: `user == 'users/${userId}'` },
      session,
      options,
    });
    return groupJoinRequests.some((each) => each.user === `users/${userId}`);
  }
  // 200 with `null` when there is none
  const found = await caller.read({ endpoint: 'getJoinRequest', parameters: { groupId, userId }, session, options });
  return found !== null;
}

export async function readShout(
  caller: Caller,
  session: CredentialSession,
  groupId: GroupId,
  options: CallOptions,
): Promise<Shout | null> {
  const { shout } = await caller.read({ endpoint: 'getGroup', parameters: { groupId }, session, options });
  if (shout === null || shout === undefined) return null;
  const { userId } = shout.poster;
  return {
    text: shout.body,
    posterId: isRobloxId(userId) ? userIdOf(userId) : null,
    postedAt: new Date(shout.updated),
  };
}
