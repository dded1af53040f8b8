/**
 * Shout, audit log and settings. The same routes hang under `groups.roblox.com` (cookie) and under `legacy-groups` on the
 * Open Cloud host (key), with the same shapes (roblox-api.md 6, 11.8, 11.11).
 */
import { type Answer, legacyRefusal, ok, RefusedByRoblox } from './answer.ts';
import { actorOf, type Call, fieldOf, type Handler, idIn } from './call.ts';
import { legacyGroup, shownRole, shownShout, shownUser } from './legacy-objects.ts';
import { legacyPage } from './legacy-paging.ts';
import { postShout } from './membership.ts';
import { type Behaviour, holderCounts, may } from './world.ts';

const shoutMax = 255;

function shoutRoute(switchName: 'cloudShoutRoute' | 'cookieShoutRoute'): Handler {
  return (call) => {
    closedRoute(call.world.behaviour[switchName]);
    const group = legacyGroup(call);
    const message = fieldOf(call.body, 'message');
    if (typeof message !== 'string') throw legacyRefusal(400, 7, 'Missing parameter: message.');
    if (message.length > shoutMax) throw legacyRefusal(400, 7, `The message is longer than ${shoutMax} characters.`);
    const actorId = actorOf(call);
    if (!may(group, actorId, 'createGroupShout')) {
      throw legacyRefusal(403, 6, 'You are not authorized to set the status of this group.');
    }
    postShout(group, actorId, message, call.now);
    const cleared = { body: '', poster: shownUser(call.world, actorId), created: call.now, updated: call.now };
    return ok(shownShout(call, group) ?? cleared);
  };
}

/** Roblox took these routes out of its reference; whether they still answer is not known. */
function closedRoute(state: Behaviour['cloudShoutRoute']): void {
  if (state === 'notFound') throw new RefusedByRoblox(404, { errors: [{ code: 0, message: 'NotFound' }] });
  if (state === 'gone') throw new RefusedByRoblox(410, { errors: [{ code: 0, message: 'Gone' }] });
}

const auditLog: Handler = (call): Answer => {
  const group = legacyGroup(call);
  if (!may(group, actorOf(call), 'viewAuditLog')) {
    throw legacyRefusal(403, 23, 'Insufficient permissions to complete the request.');
  }
  // Clients that filter by nothing send the parameter empty (noblox.js).
  const actionType = call.query.get('actionType') || 'All';
  const userId = idIn(call.query.get('userId'));
  const entries = group.auditLog.filter(
    (entry) =>
      (actionType === 'All' || entry.actionType === actionType) && (userId === null || entry.actorId === userId),
  );
  const holders = holderCounts(group);
  // Newest first unless asked otherwise: the page is cut from the reversed list.
  const page = legacyPage(call, `${group.id} audit ${actionType} ${userId ?? ''}`, entries.reverse());
  const data = page.data.map((entry) => {
    const role = group.roles.get(entry.actorRoleId);
    return {
      actor: {
        user: shownUser(call.world, entry.actorId),
        role: role === undefined ? null : shownRole(role, holders),
      },
      actionType: spaced(entry.actionType),
      description: withNames(call, entry.description),
      created: entry.created,
    };
  });
  return ok({ ...page, data });
};

const getSettings: Handler = (call): Answer => {
  const group = legacyGroup(call);
  if (actorOf(call) !== group.ownerId) {
    throw legacyRefusal(403, 23, 'Insufficient permissions to complete the request.');
  }
  return ok({
    isApprovalRequired: !group.publicEntry,
    isBuildersClubRequired: false,
    areEnemiesAllowed: false,
    areGroupFundsVisible: false,
    areGroupGamesVisible: true,
    isGroupNameChangeEnabled: true,
    verificationLevel: 0,
    accountTenureRequirement: 0,
    slowmode: 0,
    isMemberListVisibleToPublic: !group.hiddenMemberList,
    isAutoAssignRoleDisabled: !group.autoAssignsLowestRole,
  });
};

/** `ChangeRank` → `Change Rank`: filters have the one, answers the other. */
const spaced = (actionType: string) => actionType.replace(/(?<=[a-z])(?=[A-Z])/g, ' ');

function withNames(call: Call, description: Record<string, unknown>): object {
  const target = call.world.users.get(Number(description['TargetId']));
  if (target === undefined) return description;
  return { ...description, TargetName: target.name, TargetDisplayName: target.displayName };
}

export const groupFeedHandlers = {
  postShout: shoutRoute('cookieShoutRoute'),
  cloudPostShout: shoutRoute('cloudShoutRoute'),
  auditLog,
  cloudAuditLog: auditLog,
  getSettings,
  cloudGetSettings: getSettings,
};
