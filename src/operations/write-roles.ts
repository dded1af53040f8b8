/**
 * Carries an intent out: writes to Roblox until the member holds the roles it wants, reading and judging whenever an answer
 * is lost (design.md 3.6, 3.8). The turn is held all the while; the verdict is journalled by the caller.
 */
import type { Action, ActionStatus } from '../domain/action.ts';
import type { RoleId } from '../domain/ids.ts';
import { sameRoles } from '../domain/rank-change.ts';
import type { Refusal } from '../domain/refusals.ts';
import { judge, type Verdict } from '../domain/settlement.ts';
import { type CallOptions, type Credential, RobloxError } from '../roblox/roblox.ts';
import type { Deps } from './deps.ts';
import { type GroupView, type MemberView, readMember } from './member-view.ts';
import { refusalAfterIntent } from './roblox-refusal.ts';
import { type Turn, TurnLost } from './turn.ts';

/** The parts of an action that writing needs. */
export type Intent = Pick<Action, 'groupId' | 'userId' | 'beforeRoles' | 'afterRoles'>;

export type WriteResult =
  | {
      readonly kind: 'settled';
      readonly status: ActionStatus;
      readonly refusal: Refusal | null;
      readonly held: readonly RoleId[] | null;
      readonly isOnlyRole: boolean;
    }
  /** Its fate is not known, or what is left cannot be written now: the next turn, a timer or a retry goes on. */
  | { readonly kind: 'unsettled' };

export type WritePlan = { readonly assign: readonly RoleId[]; readonly unassign: readonly RoleId[] };

type Writing = {
  readonly deps: Pick<Deps, 'roblox' | 'clock'>;
  readonly turn: Turn;
  readonly credential: Credential;
  readonly group: GroupView;
  readonly intent: Intent;
  readonly options: CallOptions;
};

/** How often an answer may be lost before the rest is left to a later turn. */
const attemptsMax = 4;
const pauseBetweenAttemptsMs = 250;

export const settled = (
  status: ActionStatus,
  held: readonly RoleId[] | null,
  refusal: Refusal | null = null,
  isOnlyRole = false,
): WriteResult => ({
  kind: 'settled',
  status,
  refusal,
  held,
  isOnlyRole,
});

/** What an attempt starts from. */
export type Start = {
  /** The first writes to send. */
  readonly plan: WritePlan;
  /** Writes of this intent may have been sent before, by somebody whose answers are lost. */
  readonly isBegun: boolean;
  /** A cookie's write may leave a higher role in place, so look. */
  readonly checkAfterwards: boolean;
};

export async function writeRoles(writing: Writing, start: Start): Promise<WriteResult> {
  try {
    return writing.credential.kind === 'openCloud'
      ? await writeByOpenCloud(writing, start)
      : await writeByCookie(writing, start);
  } catch (error) {
    if (error instanceof TurnLost) return { kind: 'unsettled' };
    throw error;
  }
}

/**
 * Judges an intent by what is believed of the member and by what was read. Where the two differ and either shows the intent
 * done or begun, it is finished: whatever one of them lacks is written, so that it comes out right whichever is true.
 */
export function judgeView(intent: Intent, view: MemberView, ageSeconds: number): { verdict: Verdict; plan: WritePlan } {
  const { beforeRoles: before, afterRoles: after } = intent;
  const { held, ladderRolesRead: read, membership } = view;
  const verdict = judge({ before, after }, membership, held, ageSeconds);
  const plan: WritePlan = {
    assign: after.filter((id) => !held.includes(id) || !read.includes(id)),
    unassign: [...new Set([...held, ...read])].filter((id) => !after.includes(id)),
  };
  if (sameRoles(read, held)) return { verdict, plan };
  const byRead = judge({ before, after }, membership, read, ageSeconds);
  const isBegun = [verdict, byRead].some((one) => one === 'done' || one === 'half-done');
  if (!isBegun) return { verdict, plan };
  return { verdict: 'half-done', plan: { ...plan, unassign: plan.unassign.filter((id) => before.includes(id)) } };
}

async function writeByOpenCloud(writing: Writing, { plan: firstPlan, isBegun }: Start): Promise<WriteResult> {
  const { deps, credential, intent, options } = writing;
  let plan = firstPlan;
  const known: Known = { hasLost: isBegun, hasProgressed: false };
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      // assign first: between the calls the member is never without a rank (roblox-api.md 13.3)
      for (const role of plan.assign) {
        await deps.roblox.assignRole(credential, intent.groupId, intent.userId, role, options);
        known.hasProgressed = true;
      }
      for (const role of plan.unassign) {
        await deps.roblox.unassignRole(credential, intent.groupId, intent.userId, role, options);
        known.hasProgressed = true;
      }
      return settled('done', intent.afterRoles);
    } catch (error) {
      if (!(error instanceof RobloxError)) throw error;
      if (error.failure === 'lost') known.hasLost = true;
      else if (!known.hasLost && !known.hasProgressed) return nothingWritten(error);
      const view = await look(writing);
      if (view === null) return { kind: 'unsettled' };
      const next = afterTrouble(writing, view, error, known);
      if ('kind' in next) return next;
      plan = next;
    }
    await deps.clock.wait(pauseBetweenAttemptsMs * attempt);
  }
  return { kind: 'unsettled' };
}

/** What answers and looks have shown so far; a later look may lag behind it. */
type Known = { hasLost: boolean; hasProgressed: boolean };

/** The first write was turned down, so the member is as before. */
function nothingWritten(error: RobloxError): WriteResult {
  const refusal = refusalAfterIntent(error);
  return settled(error.failure === 'refused' ? 'rejected' : 'not-done', null, refusal);
}

/** What to do after a lost answer or a refusal half-way: the verdict, or the writes that are left. */
function afterTrouble(
  { intent }: Writing,
  view: MemberView,
  error: RobloxError,
  known: Known,
): WriteResult | WritePlan {
  const { verdict, plan } = judgeView(intent, view, 0);
  if (verdict === 'done') return settled('done', view.held);
  if (verdict === 'superseded') return settled('superseded', view.held);
  if (verdict === 'half-done') known.hasProgressed = true;
  if (error.failure === 'lost') return plan;
  if (error.failure !== 'refused') return { kind: 'unsettled' };
  if (known.hasProgressed) return settled('partial', view.held, { code: 'action.partial', message: error.message });
  // refused, nothing to be seen, but a write whose answer is lost may still land: time tells
  return known.hasLost ? { kind: 'unsettled' } : settled('rejected', view.held, refusalAfterIntent(error));
}

async function look(writing: Writing): Promise<MemberView | null> {
  const { deps, turn, credential, group, intent, options } = writing;
  try {
    return await readMember(
      deps,
      credential,
      { ...group, groupId: intent.groupId },
      {
        userId: intent.userId,
        memory: turn.memory,
        now: turn.now,
        also: [...intent.beforeRoles, ...intent.afterRoles],
      },
      options,
    );
  } catch (error) {
    if (error instanceof RobloxError) return null;
    throw error;
  }
}

/** Roblox's "already has that role" (roblox-api.md 11.5): as good as done. */
const alreadyHasRole = 26;

async function writeByCookie(writing: Writing, { isBegun, checkAfterwards }: Start): Promise<WriteResult> {
  const { deps, credential, intent, options } = writing;
  const [target] = intent.afterRoles;
  if (target === undefined) return settled('rejected', null, { code: 'credential.cannot', reason: 'no-role-to-write' });
  let hasWritten = false;
  let hasLost = isBegun;
  let mustLook = checkAfterwards;
  // one write more than lost answers: every write takes one ladder role away where Roblox replaces only the highest
  for (let attempt = 1; attempt <= attemptsMax * 2; attempt += 1) {
    let trouble: RobloxError | null = null;
    try {
      await deps.roblox.setRole(credential, intent.groupId, intent.userId, target, options);
      hasWritten = true;
    } catch (error) {
      if (!(error instanceof RobloxError)) throw error;
      if (error.code !== alreadyHasRole) trouble = error;
      if (trouble?.failure === 'lost') hasLost = true;
      else if (trouble !== null && !hasLost && !hasWritten) return nothingWritten(trouble);
    }
    if (trouble === null && !mustLook) return settled('done', intent.afterRoles);
    mustLook = true;
    const view = await look(writing);
    if (view === null) return { kind: 'unsettled' };
    if (!view.membership.isMember) return settled('superseded', []);
    const visible = view.membership.roles.filter((id) => isAssignable(writing.group, id));
    if (sameRoles(visible, [target])) return settled('done', [target], null, true);
    if (trouble !== null && trouble.failure !== 'lost') {
      return hasWritten
        ? settled('partial', view.held, { code: 'action.partial', message: trouble.message })
        : { kind: 'unsettled' };
    }
    const stillAsBefore = sameRoles(view.held, intent.beforeRoles);
    if (trouble === null && stillAsBefore) return settled('done', intent.afterRoles); // the read lags behind the write
    const isLeftover = hasWritten && isBelowBefore(writing, view.held);
    if (!stillAsBefore && !isLeftover) {
      return settled(hasWritten ? 'partial' : 'superseded', view.held, hasWritten ? leftoverMessage : null);
    }
    await deps.clock.wait(pauseBetweenAttemptsMs);
  }
  return { kind: 'unsettled' };
}

const leftoverMessage: Refusal = {
  code: 'action.partial',
  message: 'The member still holds a higher role that a cookie cannot remove. An Open Cloud key can.',
};

function isAssignable(group: GroupView, id: RoleId): boolean {
  return group.roles.some((role) => role.id === id && !role.isBase);
}

/** A ladder role between the target and the old rank: the member held it below the one that was replaced. */
function isBelowBefore({ group, intent }: Writing, held: readonly RoleId[]): boolean {
  const rankOf = new Map(group.roles.map((role) => [role.id, role.rank as number]));
  const before = Math.max(0, ...intent.beforeRoles.map((id) => rankOf.get(id) ?? 0));
  const [visible] = held;
  return visible !== undefined && (rankOf.get(visible) ?? 256) < before;
}
