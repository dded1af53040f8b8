/** Asks Roblox what a credential is and may do, and says in plain sentences what its owner must change. */
import type { Clock } from '../domain/clock.ts';
import { baseRank, type GroupId, ownerRank } from '../domain/ids.ts';
import { highestRank } from '../domain/roles.ts';
import { accountFrom, accountOf, introspect } from './bot.ts';
import type { Caller } from './call.ts';
import type { Account, CredentialSession } from './credential-session.ts';
import type { AnswerOf } from './endpoints.ts';
import { readMembership } from './memberships.ts';
import { type CallOptions, type CredentialReport, RobloxError } from './roblox.ts';
import { nullWhenUnknown, type Roles } from './roles.ts';

const warnBeforeMs = 14 * 24 * 60 * 60_000;

type Key = AnswerOf<'introspectKey'>;
type Standing = AnswerOf<'getOwnMembership'>;

export function createInspection(caller: Caller, roles: Roles, clock: Clock) {
  return async function inspect(
    session: CredentialSession,
    given: string,
    groupIds: readonly GroupId[],
    options: CallOptions,
  ): Promise<CredentialReport> {
    const { account, problems } =
      session.credential.kind === 'openCloud'
        ? await inspectKey(session, groupIds, options)
        : await inspectCookie(session, groupIds, options);
    const replacedBy = session.secret === given ? null : session.secret;
    return { userId: account.userId, name: account.name, problems, replacedBy };
  };

  async function inspectKey(session: CredentialSession, groupIds: readonly GroupId[], options: CallOptions) {
    const key = await introspect(caller, session, options, true);
    const account = accountOf(key);
    session.account = account;
    const problems = keyProblems(key, clock.now());
    // A disabled or expired key fails everywhere else: the groups would only repeat it.
    if (!key.enabled || key.expired) return { account, problems };
    await session.healed();
    for (const groupId of groupIds) {
      problems.push(...(await asked(groupId, () => keyInGroup(session, account, groupId, options))));
    }
    return { account, problems };
  }

  async function keyInGroup(session: CredentialSession, account: Account, groupId: GroupId, options: CallOptions) {
    const groupRoles = await roles.readRoles(session, groupId, options, true);
    if (groupRoles === null) return [unknownGroup(groupId)];
    const membership = await readMembership(caller, session, groupId, account.userId, options);
    if (!membership.isMember) return [notMember(groupId)];
    const rank = highestRank(groupRoles, membership);
    if (rank === ownerRank) return [];
    if (rank <= baseRank) return [tooLow(groupId)];
    const seen = await roles.readPermissions(session, groupId, options);
    const own = membership.roles.map((id) => seen.get(id)).filter((changeRank) => changeRank !== undefined);
    // Not visible without group:read: then nothing is known, and the first rank change will tell.
    return own.length > 0 && !own.includes(true) ? [noPermission(groupId)] : [];
  }

  async function inspectCookie(session: CredentialSession, groupIds: readonly GroupId[], options: CallOptions) {
    const { id, name } = await caller.read({
      endpoint: 'getAuthenticatedUser',
      parameters: {},
      session,
      options,
      ignoresCircuit: true,
    });
    const account = accountFrom('getAuthenticatedUser', id, name);
    session.account = account;
    await session.healed();
    const problems: string[] = [];
    for (const groupId of groupIds) {
      const parameters = { groupId };
      problems.push(
        ...(await asked(groupId, async () => {
          const standing = await nullWhenUnknown(
            caller.read({ endpoint: 'getOwnMembership', parameters, session, options, ignoresCircuit: true }),
          );
          return standing === null ? [unknownGroup(groupId)] : standingProblems(standing, groupId);
        })),
      );
    }
    return { account, problems };
  }

  /** One group that cannot be asked must not hide what is known about the others. */
  async function asked(groupId: GroupId, ask: () => Promise<string[]>): Promise<string[]> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RobloxError) || error.failure === 'credential') throw error;
      return [`Group ${groupId} could not be checked: ${error.message}`];
    }
  }
}

function keyProblems(key: Key, now: Date): string[] {
  const problems: string[] = [];
  if (!key.enabled)
    problems.push('The key is disabled: enable it at create.roblox.com under API keys, or make a new one.');
  if (key.expired) {
    problems.push('The key has expired: edit it at create.roblox.com to renew it, or make a new one.');
  } else if (key.expirationTimeUtc) {
    const restMs = Date.parse(key.expirationTimeUtc) - now.getTime();
    if (restMs < warnBeforeMs) {
      const days = Math.max(0, Math.floor(restMs / 86_400_000));
      problems.push(`The key expires in ${days} ${days === 1 ? 'day' : 'days'}: extend it at create.roblox.com.`);
    }
  }
  const operations = new Set(
    key.scopes.filter((scope) => scope.name === 'group').flatMap((scope) => scope.operations ?? []),
  );
  for (const operation of ['read', 'write']) {
    if (!operations.has(operation)) {
      problems.push(`The key lacks the scope group:${operation}: add it at create.roblox.com under API keys.`);
    }
  }
  return problems;
}

function standingProblems(standing: Standing, groupId: GroupId): string[] {
  const { rank } = standing.userRole.role;
  if (rank === 0) return [notMember(groupId)];
  if (standing.isOwner === true || rank === ownerRank) return [];
  if (rank <= baseRank) return [tooLow(groupId)];
  return standing.permissions.groupMembershipPermissions.changeRank ? [] : [noPermission(groupId)];
}

const unknownGroup = (groupId: GroupId) => `Roblox knows no group ${groupId}: check the number.`;
const notMember = (groupId: GroupId) =>
  `The account is not a member of group ${groupId}: let it join, then give it a role.`;
const tooLow = (groupId: GroupId) =>
  `The account has the lowest rank in group ${groupId}: give it a role above everybody it shall rank.`;
const noPermission = (groupId: GroupId) =>
  `The account’s role in group ${groupId} may not change ranks: allow “Manage lower-ranked member ranks” for it.`;
