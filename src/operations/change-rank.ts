/**
 * Changes a member's rank: to an exact one, one step, or by the rule that starts at it. Exactly once, whoever asks and
 * whatever fails (design.md 3, docs/decisions/journal-before-roblox.md).
 */
import { randomBytes } from 'node:crypto';
import type { Action, ActionKind, Requested } from '../domain/action.ts';
import { type Caller, mayDo } from '../domain/caller.ts';
import type { GroupId, Rank, RoleId, UserId } from '../domain/ids.ts';
import { weskAllowance } from '../domain/plans.ts';
import {
  decideRankChange,
  type RankChange,
  type RankDecision,
  type RankTarget,
  rungAt,
} from '../domain/rank-change.ts';
import { type Refusal, Refused } from '../domain/refusals.ts';
import { ladderOf, type Role } from '../domain/roles.ts';
import type { Memory } from '../domain/settlement.ts';
import type { EndpointName } from '../roblox/endpoints.ts';
import type { CallOptions, Credential } from '../roblox/roblox.ts';
import { GuardFailed, type NewAction, newActionId } from '../storage/journal.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import type { ActionRef } from '../storage/turns.ts';
import { type Deps, requestDeadlineMs } from './deps.ts';
import { type MemberView, orRefuse, preferredCredential, readGroupRoles, readMember } from './member-view.ts';
import { recordVerdict, settleAction } from './settle-action.ts';
import { type Turn, TurnLost } from './turn.ts';
import { type WritePlan, writeRoles } from './write-roles.ts';

export type ChangeRankInput = {
  readonly groupId: GroupId;
  readonly userId: UserId;
  readonly requested: Requested;
  /** `fingerprint`: SHA-256 of what the request asks for; the same key with another one is refused. */
  readonly idempotency: { readonly key: string; readonly fingerprint: Buffer } | null;
  /** The client has gone: before the intent the request is dropped. */
  readonly signal?: AbortSignal;
};

/** `isReplay`: the stored verdict of an earlier request with the same key. */
export type ChangeRankAnswer = { readonly action: Action; readonly isReplay: boolean };

type RankDeps = Pick<Deps, 'storage' | 'roblox' | 'clock' | 'turns' | 'log'>;

/** Everything one attempt works with. */
type Attempt = {
  readonly deps: RankDeps;
  readonly caller: Caller;
  readonly input: ChangeRankInput;
  readonly settings: RankingSettings;
  readonly turn: Turn;
  readonly newAction: NewAction;
  readonly credential: Credential;
  readonly call: CallOptions;
};

/** Throws Refused when nothing was begun; otherwise answers the action, whose own refusal says what became of it. */
export async function changeRank(deps: RankDeps, caller: Caller, input: ChangeRankInput): Promise<ChangeRankAnswer> {
  const deadlineMs = deps.clock.monotonicMs() + requestDeadlineMs;
  const { groupId, userId, requested } = input;
  const kind: ActionKind = requested.kind === 'exact' ? 'rank' : requested.direction;
  const direction = requested.kind === 'rule' ? requested.direction : null;
  const settings = await deps.storage.tenant(caller.workspaceId).ranking.settings(groupId, userId, direction);
  if (!settings.ownsGroup) throw new Refused({ code: 'group.foreign', groupId });
  if (!mayDo(caller, kind)) throw new Refused({ code: 'key.action-not-allowed', action: kind });

  const credential = preferredCredential(settings);
  const newAction: NewAction = {
    id: newActionId(deps.clock.now().getTime(), randomBytes(10)),
    workspaceId: caller.workspaceId,
    kind,
    dialect: caller.dialect,
    requested,
    keyId: caller.keyId,
    actor: caller.actor,
    idempotencyKey: input.idempotency?.key ?? null,
    credential: credential === null ? null : { id: credential.id, kind: credential.kind },
  };
  const claim =
    input.idempotency === null
      ? null
      : { workspaceId: caller.workspaceId, dialect: caller.dialect, groupId, ...input.idempotency };
  const signal = input.signal === undefined ? {} : { signal: input.signal };
  const taken = await deps.turns.take({ groupId, userId, claim, deadlineMs, ...signal });
  if (taken.kind === 'completed') return { action: await stored(deps, taken.action), isReplay: true };

  const { turn } = taken;
  let isOver = false;
  try {
    if (credential === null) throw new Refused({ code: 'credential.missing' });
    const call: CallOptions = { deadlineMs, priority: 'change', beforeWrite: () => turn.assertTimeForWrite() };
    const attempt: Attempt = { deps, caller, input, settings, turn, newAction, credential, call };
    const former = taken.action;
    const answer = await (former === null ? changeNow(attempt, deadlineMs) : finishFormer(attempt, former, deadlineMs));
    isOver = answer.gaveTurnBack;
    return { action: answer.action, isReplay: false };
  } catch (error) {
    const refusal = refusalFrom(error);
    if (refusal === null) throw error;
    isOver = await journalRefusal(deps, turn, newAction, refusal, taken.action);
    throw new Refused(refusal);
  } finally {
    if (!isOver) await giveBack(deps, turn);
  }
}

/** What stopped an attempt before its intent, as a refusal; null: a bug. */
function refusalFrom(error: unknown): Refusal | null {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof TurnLost) return { code: 'roblox.busy', retryAfterSeconds: 5 };
  if (!(error instanceof GuardFailed)) return null;
  if (error.guard === 'quota') return { code: 'quota.exhausted' };
  return error.guard === 'claim' ? { code: 'idempotency.running' } : { code: 'roblox.busy', retryAfterSeconds: 5 };
}

type Finished = { readonly action: Action; readonly gaveTurnBack: boolean };

/** A retry with the key of an intent: that intent is settled, or run again with the same roles; never a second one. */
async function finishFormer({ deps, turn }: Attempt, former: ActionRef, deadlineMs: number): Promise<Finished> {
  try {
    const { action } = await settleAction(deps, turn, former, { deadlineMs, priority: 'change', mayWriteAgain: true });
    return { action, gaveTurnBack: false };
  } catch (error) {
    // the intent stands whatever failed now: the answer is about it, not "busy"
    if (error instanceof Refused) return { action: await stored(deps, former), gaveTurnBack: false };
    throw error;
  }
}

async function changeNow(attempt: Attempt, deadlineMs: number): Promise<Finished> {
  const { deps, turn, input, settings } = attempt;
  let { memory } = turn;
  if (turn.pending !== null) {
    const settledOne = await settleAction(deps, turn, turn.pending, {
      deadlineMs,
      priority: 'change',
      mayWriteAgain: false,
    });
    memory = settledOne.memory;
  }
  const { decision, view, roles } = await decide(attempt, memory);
  if (decision.kind === 'refuse') throw new Refused(decision.refusal);
  if (input.signal?.aborted === true) throw new Refused({ code: 'roblox.busy', retryAfterSeconds: 5 });
  const counting = { allowance: weskAllowance(settings.plan), hardLimit: null };
  if (decision.kind === 'unchanged') {
    const outcome = {
      status: 'unchanged' as const,
      refusal: null,
      held: decision.held,
      remarks: [],
      rank: decision.rank,
    };
    const closed = await deps.storage.shared.journal.close(turn.held, attempt.newAction, outcome, counting);
    turn.wasGivenBack();
    const action = actionOf(attempt, closed, {
      fromRank: decision.rank,
      toRank: decision.rank,
      before: decision.held,
      after: decision.held,
    });
    return {
      action: { ...action, status: 'unchanged', usage: closed.usage, isOverage: closed.isOverage },
      gaveTurnBack: true,
    };
  }
  return carryOut(attempt, decision, view, roles, memory);
}

/** Intent, writes, verdict. */
async function carryOut(
  attempt: Attempt,
  change: RankChange,
  view: MemberView,
  roles: readonly Role[],
  memory: Memory | null,
): Promise<Finished> {
  const { deps, turn, credential, settings, newAction, call } = attempt;
  // roles to remove are those of the read and of the last settled set together (design.md 3.4)
  const toRemove = [...new Set([...view.ladderRolesRead, ...change.before, ...recentlyHeld(memory, roles, settings)])];
  const plan: WritePlan = {
    assign: change.after.filter((id) => !change.before.includes(id)),
    unassign: toRemove.filter((id) => !change.after.includes(id)),
  };
  const reservation = await orRefuse(deps.roblox.reserve(credential, endpointsOf(credential, plan), call));
  const counting = { allowance: weskAllowance(settings.plan), hardLimit: null };
  const ref = await deps.storage.shared.journal.intend(turn.held, newAction, change, counting);
  const remarks = credential.kind === 'cookie' ? [cookieRemark] : [];
  const action = actionOf(attempt, ref, change);
  const group = { roles, confirmedLadder: settings.confirmedLadder };
  const writing = { deps, turn, credential, group, intent: action, options: { ...call, reservation } };
  const result = await writeRoles(
    writing,
    plan,
    credential.kind === 'cookie' && mayHideAHigherRole(change, roles, memory),
  );
  if (result.kind === 'unsettled') return { action: await stored(deps, ref), gaveTurnBack: false };
  try {
    const verdict = await recordVerdict(deps, turn, action, settings, result, false, remarks);
    return { action: verdict.action, gaveTurnBack: true };
  } catch (error) {
    // somebody took the turn over and settles the action by its own reading: that verdict counts
    if (error instanceof GuardFailed) return { action: await stored(deps, ref), gaveTurnBack: true };
    // written, but the verdict could not be: whoever comes next reads Roblox and finds it done
    if (error instanceof Refused && error.refusal.code === 'storage.unavailable')
      return { action, gaveTurnBack: false };
    throw error;
  }
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
  memory: Memory | null,
): Promise<{ decision: RankDecision; view: MemberView; roles: readonly Role[] }> {
  const { deps, caller, input, settings, turn, credential, call } = attempt;
  const { groupId, userId } = input;
  const { confirmedLadder } = settings;
  const target = targetOf(input.requested, settings);
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

function targetOf(requested: Requested, settings: RankingSettings): RankTarget {
  return requested.kind === 'rule' ? { ...requested, rules: settings.rules } : requested;
}

function actionOf({ caller, input, newAction }: Attempt, ref: ActionRef, change: RankChange): Action {
  return {
    ...ref,
    workspaceId: caller.workspaceId,
    groupId: input.groupId,
    userId: input.userId,
    kind: newAction.kind,
    dialect: caller.dialect,
    status: 'unsettled',
    requested: input.requested,
    fromRank: change.fromRank,
    toRank: change.toRank,
    beforeRoles: change.before,
    afterRoles: change.after,
    refusal: null,
    remarks: [],
    writeBy: null,
    usage: null,
    isOverage: null,
  };
}

async function stored(deps: Pick<Deps, 'storage'>, ref: ActionRef): Promise<Action> {
  const found = await deps.storage.shared.journal.find(ref);
  if (found === null) throw new Error(`action ${ref.id} is not in the journal`);
  return found.action;
}

/** One row an attempt; ends the turn too. A claim with a former intent is kept for the next retry. True when the turn is over. */
async function journalRefusal(
  deps: RankDeps,
  turn: Turn,
  newAction: NewAction,
  refusal: Refusal,
  former: ActionRef | null,
): Promise<boolean> {
  if (former !== null) return false;
  try {
    const outcome = { status: 'refused' as const, refusal, held: null, remarks: [], rank: null };
    await deps.storage.shared.journal.close(turn.held, newAction, outcome, { allowance: null, hardLimit: null });
    turn.wasGivenBack();
    return true;
  } catch (error) {
    deps.log.error({ err: error, action: newAction.id }, 'A refusal could not be journalled.');
    return false;
  }
}

async function giveBack(deps: RankDeps, turn: Turn): Promise<void> {
  try {
    await turn.release();
  } catch (error) {
    // the lease runs out by itself
    deps.log.warn({ err: error }, 'A turn could not be given back.');
  }
}
