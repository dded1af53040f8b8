/**
 * Changes a member's rank: to an exact one, one step, or by the rule that starts at it. What is done exactly once, and how,
 * stands in run-action.ts; what the change is, here.
 */
import type { RankRequested } from '../domain/action.ts';
import type { Caller } from '../domain/caller.ts';
import type { Rank, RoleId } from '../domain/ids.ts';
import {
  decideRankChange,
  type RankChange,
  type RankDecision,
  type RankTarget,
  rungAt,
  sameRoles,
} from '../domain/rank-change.ts';
import { Refused } from '../domain/refusals.ts';
import { ladderOf, type Role } from '../domain/roles.ts';
import type { Memory } from '../domain/settlement.ts';
import type { EndpointName } from '../roblox/endpoints.ts';
import type { Credential } from '../roblox/roblox.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import { type MemberView, orRefuse, preferredCredential, readGroupRoles, readMember } from './member-view.ts';
import {
  type ActionAnswer,
  type ActionInput,
  type Attempt,
  type Prepared,
  type RunDeps,
  runAction,
} from './run-action.ts';
import { type WritePlan, writeRoles } from './write-roles.ts';

export type ChangeRankInput = ActionInput & { readonly requested: RankRequested };

/** Throws Refused when nothing was begun; otherwise answers the action, whose own refusal says what became of it. */
export async function changeRank(deps: RunDeps, caller: Caller, input: ChangeRankInput): Promise<ActionAnswer> {
  const { requested } = input;
  return runAction(deps, caller, input, {
    kind: requested.kind === 'exact' ? 'rank' : requested.direction,
    requested,
    credential: preferredCredential,
    prepare: (attempt, memory) => prepare(attempt, requested, memory),
  });
}

async function prepare(attempt: Attempt, requested: RankRequested, memory: Memory | null): Promise<Prepared> {
  const { decision, view, roles } = await decide(attempt, requested, memory);
  if (decision.kind === 'refuse') throw new Refused(decision.refusal);
  // "already there" that rests on a read we do not believe is written all the same: the read may be right
  if (decision.kind === 'unchanged' && sameRoles(view.ladderRolesRead, decision.held)) return decision;
  const change = decision.kind === 'change' ? decision : asChange(decision);
  const { deps, turn, credential, settings } = attempt;
  const isCookie = credential.kind === 'cookie';
  // roles to remove are those of the read and of the last settled set together (design.md 3.4)
  const toRemove = [...new Set([...view.ladderRolesRead, ...change.before, ...recentlyHeld(memory, roles, settings)])];
  const plan: WritePlan = {
    assign: change.after.filter((id) => !change.before.includes(id) || !view.ladderRolesRead.includes(id)),
    unassign: toRemove.filter((id) => !change.after.includes(id)),
  };
  return {
    kind: 'begin',
    change,
    endpoints: endpointsOf(credential, plan),
    remarks: isCookie ? [cookieRemark] : [],
    perform: (action, options) =>
      writeRoles(
        {
          deps,
          turn,
          credential,
          group: { roles, confirmedLadder: settings.confirmedLadder },
          intent: action,
          options,
        },
        { plan, isBegun: false, checkAfterwards: isCookie && mayHideAHigherRole(change, roles, memory) },
      ),
  };
}

function asChange({ rank, held }: RankDecision & { kind: 'unchanged' }): RankChange {
  return { fromRank: rank, toRank: rank, before: held, after: held };
}

const cookieRemark =
  'Written with a cookie, which sees and writes one role only: further roles of the member were not looked at.';

/** Lower ladder roles are invisible to a cookie and may stay above the target; a role we saw alone before cannot hide one. */
function mayHideAHigherRole(change: RankChange, roles: readonly Role[], memory: Memory | null): boolean {
  const wasSeenAlone = memory?.isOnlyRole === true && change.before.every((id) => memory.held.includes(id));
  return change.toRank < change.fromRank && roles.some((role) => role.isBase) && !wasSeenAlone;
}

function recentlyHeld(memory: Memory | null, roles: readonly Role[], settings: RankingSettings): readonly RoleId[] {
  if (memory === null || memory.transitions.length === 0 || settings.confirmedLadder === null) return [];
  const { managed } = ladderOf(roles, settings.confirmedLadder);
  return memory.held.filter((id) => managed.has(id));
}

function endpointsOf(credential: Credential, plan: WritePlan): EndpointName[] {
  if (credential.kind === 'cookie') return ['setUserRole'];
  return [
    ...plan.assign.map(() => 'cloudAssignRole' as const),
    ...plan.unassign.map(() => 'cloudUnassignRole' as const),
  ];
}

/** How near a limit or the bot a target must be for its role to be read again before it is given. */
const nearRanks = 10;

/** Reads and decides, refreshing what is remembered where the decision hangs on it. */
async function decide(
  attempt: Attempt,
  requested: RankRequested,
  memory: Memory | null,
): Promise<{ decision: RankDecision; view: MemberView; roles: readonly Role[] }> {
  const { deps, caller, input, settings, turn, credential, call } = attempt;
  const { groupId, userId } = input;
  const { confirmedLadder } = settings;
  const target = targetOf(requested, settings);
  let roles = await readGroupRoles(deps, credential, groupId, call);
  if (target.kind === 'exact' && rungAt(roles, confirmedLadder, target.rank) === undefined) {
    roles = await readGroupRoles(deps, credential, groupId, { ...call, fresh: true });
    if (rungAt(roles, confirmedLadder, target.rank) === undefined)
      throw new Refused({ code: 'rank.not-on-ladder', rank: target.rank });
  }
  if (settings.isBlacklisted) throw new Refused({ code: 'user.blacklisted', userId });

  const [view, bot] = await orRefuse(
    Promise.all([
      readMember(deps, credential, { groupId, roles, confirmedLadder }, { userId, memory, now: turn.now }, call),
      deps.roblox.readBot(credential, groupId, call),
    ]),
  );
  const known = new Set(roles.map((role) => role.id));
  if (view.membership.roles.some((id) => !known.has(id)))
    roles = await readGroupRoles(deps, credential, groupId, { ...call, fresh: true });
  const limits = [caller.maxRank, settings.maxRank].filter((limit) => limit !== null);
  const highestAllowed = limits.length === 0 ? null : (Math.min(...limits) as Rank);
  const decideWith = (current: readonly Role[]) =>
    decideRankChange(
      { userId, roles: current, confirmedLadder, membership: view.membership, bot, highestAllowed },
      target,
    );

  let decision = decideWith(roles);
  if (decision.kind === 'change' && (await isTargetMoved(attempt, decision, roles, [...limits, bot.rank]))) {
    roles = await readGroupRoles(deps, credential, groupId, { ...call, fresh: true });
    decision = decideWith(roles);
  }
  return { decision, view, roles };
}

/** Close to a limit the target role's rank is asked anew: somebody may have moved it since it was remembered. */
async function isTargetMoved(
  { deps, credential, input, call }: Attempt,
  change: RankChange,
  roles: readonly Role[],
  limits: readonly Rank[],
): Promise<boolean> {
  if (!limits.some((limit) => limit - change.toRank <= nearRanks)) return false;
  const target = roles.find((role) => role.rank === change.toRank && change.after.includes(role.id));
  if (target === undefined) return false;
  const now = await orRefuse(deps.roblox.readRole(credential, input.groupId, target.id, call));
  return now === null || now.rank !== target.rank;
}

function targetOf(requested: RankRequested, settings: RankingSettings): RankTarget {
  return requested.kind === 'rule' ? { ...requested, rules: settings.rules } : requested;
}
