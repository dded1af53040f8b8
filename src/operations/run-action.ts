/**
 * Runs one action exactly once, whoever asks and whatever fails: the turn, what is still unsettled, the intent, the writes,
 * the verdict (design.md 3, docs/decisions/journal-before-roblox.md). What the action is, its plan says.
 */
import { randomBytes } from 'node:crypto';
import { type Action, type ActionKind, keyActionOf, type Requested } from '../domain/action.ts';
import { type Caller, mayDo } from '../domain/caller.ts';
import type { GroupId, Rank, RoleId, UserId } from '../domain/ids.ts';
import { allowanceOf } from '../domain/plans.ts';
import { type Refusal, Refused } from '../domain/refusals.ts';
import type { Memory } from '../domain/settlement.ts';
import type { EndpointName } from '../roblox/endpoints.ts';
import type { CallOptions, Credential } from '../roblox/roblox.ts';
import { GuardFailed, type IntentRoles, type NewAction, newActionId } from '../storage/journal.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import { type ActionRef, writeTimeoutSeconds } from '../storage/turns.ts';
import { type Deps, requestDeadlineMs } from './deps.ts';
import { orRefuse } from './member-view.ts';
import { recordVerdict, settleAction } from './settle-action.ts';
import { type Turn, TurnLost } from './turn.ts';
import type { WriteResult } from './write-roles.ts';

export type ActionInput = {
  readonly groupId: GroupId;
  readonly userId: UserId;
  /** `fingerprint`: SHA-256 of what the request asks for; the same key with another one is refused. */
  readonly idempotency: { readonly key: string; readonly fingerprint: Buffer } | null;
  /** The client has gone: before the intent the request is dropped. */
  readonly signal?: AbortSignal;
};

/** `isReplay`: the stored verdict of an earlier request with the same key. */
export type ActionAnswer = { readonly action: Action; readonly isReplay: boolean };

export type RunDeps = Pick<Deps, 'storage' | 'roblox' | 'clock' | 'turns' | 'log'>;

/** Everything one attempt works with. */
export type Attempt = {
  readonly deps: RunDeps;
  readonly caller: Caller;
  readonly input: ActionInput;
  readonly settings: RankingSettings;
  readonly turn: Turn;
  readonly newAction: NewAction;
  readonly credential: Credential;
  readonly call: CallOptions;
};

export type Prepared =
  /** As asked already; nothing is written. */
  | { readonly kind: 'unchanged'; readonly rank: Rank; readonly held: readonly RoleId[] }
  | {
      readonly kind: 'begin';
      readonly change: IntentRoles;
      /** The writes to come: a slot of Roblox's limit is taken for each before the intent. */
      readonly endpoints: readonly EndpointName[];
      readonly remarks: readonly string[];
      perform(action: Action, options: CallOptions): Promise<WriteResult>;
    };

export type ActionPlan = {
  readonly kind: ActionKind;
  readonly requested: Requested;
  /** Which credential does it; null refuses. */
  credential(settings: RankingSettings): Credential | null;
  /** Reads and decides, holding the turn. Throws Refused. */
  prepare(attempt: Attempt, memory: Memory | null): Promise<Prepared>;
};

/** Throws Refused when nothing was begun; otherwise answers the action, whose own refusal says what became of it. */
export async function runAction(
  deps: RunDeps,
  caller: Caller,
  input: ActionInput,
  plan: ActionPlan,
): Promise<ActionAnswer> {
  const deadlineMs = deps.clock.monotonicMs() + requestDeadlineMs;
  const { groupId, userId } = input;
  const { kind, requested } = plan;
  const direction = requested.kind === 'rule' ? requested.direction : null;
  const settings = await deps.storage.tenant(caller.workspaceId).ranking.settings(groupId, userId, direction);
  if (!settings.ownsGroup) throw new Refused({ code: 'group.foreign', groupId });
  const needed = keyActionOf(kind);
  if (!mayDo(caller, needed)) throw new Refused({ code: 'key.action-not-allowed', action: needed });

  const credential = plan.credential(settings);
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
    if (credential === null) throw new Refused(noCredential(settings));
    const call: CallOptions = { deadlineMs, priority: 'change', beforeWrite: () => turn.assertTimeForWrite() };
    const attempt: Attempt = { deps, caller, input, settings, turn, newAction, credential, call };
    const former = taken.action;
    const answer = await (former === null
      ? beginNow(attempt, plan, deadlineMs)
      : finishFormer(attempt, former, deadlineMs));
    isOver = answer.gaveTurnBack;
    return { action: answer.action, isReplay: false };
  } catch (error) {
    const refusal = refusalFrom(error);
    if (refusal === null) throw error;
    // where the database is away an intent may have been written after all: giving back settles what becomes of it
    if (refusal.code !== 'storage.unavailable')
      isOver = await journalRefusal(deps, turn, newAction, refusal, taken.action);
    throw new Refused(refusal);
  } finally {
    if (!isOver) await giveBack(deps, turn);
  }
}

/** None at all, or none that can do this. */
function noCredential({ credentials }: RankingSettings): Refusal {
  return credentials.length === 0
    ? { code: 'credential.missing' }
    : { code: 'credential.cannot', reason: 'needs-cookie' };
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
  const settling = { deadlineMs, priority: 'change' as const };
  try {
    if (turn.pending !== null && turn.pending.id !== former.id) {
      await settleAction(deps, turn, turn.pending, { ...settling, mayWriteAgain: false });
    }
    const { action } = await settleAction(deps, turn, former, { ...settling, mayWriteAgain: true });
    return { action, gaveTurnBack: false };
  } catch (error) {
    // the intent stands whatever failed now: the answer is about it, not "busy" and not "nothing was changed"
    deps.log.warn({ err: error, action: former.id }, 'A former intent could not be settled now.');
    const action = await stored(deps, former).catch(() => null);
    if (action === null) throw new Refused({ code: 'action.unsettled' });
    return { action, gaveTurnBack: false };
  }
}

async function beginNow(attempt: Attempt, plan: ActionPlan, deadlineMs: number): Promise<Finished> {
  const { deps, turn, input, settings, caller } = attempt;
  let { memory } = turn;
  if (turn.pending !== null) {
    const settling = { deadlineMs, priority: 'change' as const, mayWriteAgain: false };
    memory = (await settleAction(deps, turn, turn.pending, settling).catch(withoutCredentials)).memory;
  }
  await turn.assertTimeForWrite();
  const prepared = await plan.prepare(withinLease(attempt, readsEndBeforeLeaseMs), memory);
  if (input.signal?.aborted === true) throw new Refused({ code: 'roblox.busy', retryAfterSeconds: 5 });
  if (prepared.kind === 'begin') return carryOut(attempt, prepared);

  const { rank, held } = prepared;
  const outcome = { status: 'unchanged' as const, refusal: null, held, remarks: [], rank };
  const counting = { allowance: allowanceOf(caller.dialect, settings.plan), hardLimit: null };
  const closed = await deps.storage.shared.journal.close(turn.held, attempt.newAction, outcome, counting);
  turn.wasGivenBack();
  const action = actionOf(attempt, closed, { fromRank: rank, toRank: rank, before: held, after: held });
  const { usage, isOverage } = closed;
  return { action: { ...action, status: 'unchanged', usage, isOverage }, gaveTurnBack: true };
}

/** The action in the way may be another workspace's, whose credential is nobody else's business. */
function withoutCredentials(error: unknown): never {
  const isTheirs = error instanceof Refused && error.refusal.code.startsWith('credential.');
  throw isTheirs ? new Refused({ code: 'roblox.busy', retryAfterSeconds: 5 }) : error;
}

/** What waits for a slot of Roblox's limit must not outwait the turn: a slot that comes after it is wasted. */
const readsEndBeforeLeaseMs = 3_000;
const intentBeforeLeaseMs = 1_000;

function withinLease(attempt: Attempt, beforeMs: number): Attempt {
  const { call, turn, deps } = attempt;
  const deadlineMs = Math.min(call.deadlineMs, deps.clock.monotonicMs() + turn.leaseLeftMs() - beforeMs);
  return { ...attempt, call: { ...call, deadlineMs } };
}

/** Intent, writes, verdict. From the intent on, the answer is about the action, whatever fails. */
async function carryOut(attempt: Attempt, prepared: Prepared & { kind: 'begin' }): Promise<Finished> {
  const { deps, turn, credential, settings, newAction, call, caller } = attempt;
  const { change, endpoints, remarks } = prepared;
  await turn.assertTimeForWrite();
  // `reserve` keeps a write's time-out free before its deadline; the write itself may run past the lease it renews
  const waiting = withinLease(attempt, intentBeforeLeaseMs - writeTimeoutSeconds * 1000).call;
  const reservation = await orRefuse(deps.roblox.reserve(credential, endpoints, waiting));
  const counting = { allowance: allowanceOf(caller.dialect, settings.plan), hardLimit: null };
  const ref = await deps.storage.shared.journal.intend(turn.held, newAction, change, counting);
  const action = actionOf(attempt, ref, change);
  try {
    const result = await prepared.perform(action, { ...call, reservation });
    if (result.kind === 'unsettled') return { action, gaveTurnBack: false };
    const verdict = await recordVerdict(deps, turn, action, settings, result, false, remarks);
    return { action: verdict.action, gaveTurnBack: true };
  } catch (error) {
    // somebody took the turn over and settles the action by its own reading: that verdict counts
    if (error instanceof GuardFailed)
      return { action: await stored(deps, ref).catch(() => action), gaveTurnBack: true };
    // written perhaps, but the verdict could not be: whoever comes next reads Roblox and finds out
    deps.log.error({ err: error, action: action.id }, 'An action was left without its verdict.');
    return { action, gaveTurnBack: false };
  }
}

function actionOf({ caller, input, newAction }: Attempt, ref: ActionRef, change: IntentRoles): Action {
  return {
    ...ref,
    workspaceId: caller.workspaceId,
    groupId: input.groupId,
    userId: input.userId,
    kind: newAction.kind,
    dialect: caller.dialect,
    status: 'unsettled',
    requested: newAction.requested,
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
  deps: RunDeps,
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

async function giveBack(deps: RunDeps, turn: Turn): Promise<void> {
  try {
    await turn.release();
  } catch (error) {
    // the lease runs out by itself
    deps.log.warn({ err: error }, 'A turn could not be given back.');
  }
}
