/** Settles an action whose fate is unknown, by reading Roblox (design.md 3.8). */
import type { Action } from '../domain/action.ts';
import type { RoleId } from '../domain/ids.ts';
import { allowanceOf } from '../domain/plans.ts';
import { Refused } from '../domain/refusals.ts';
import { lateWriteSeconds, type Memory, remember, type Verdict } from '../domain/settlement.ts';
import type { CallOptions } from '../roblox/roblox.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import type { ActionRef } from '../storage/turns.ts';
import type { Deps } from './deps.ts';
import { orRefuse, preferredCredential, readGroupRoles, readMember } from './member-view.ts';
import { credentialFor, evidenceOf, isSingleWrite, writeOnce } from './single-write.ts';
import type { Turn } from './turn.ts';
import { judgeView, settled, type WriteResult, writeRoles } from './write-roles.ts';

type SettleDeps = Pick<Deps, 'storage' | 'roblox' | 'clock' | 'log'>;

export type Settled = { readonly action: Action; readonly memory: Memory | null };

export type SettleOptions = {
  readonly deadlineMs: number;
  readonly priority: CallOptions['priority'];
  /** The intention's own retry: what is not done yet is done now. */
  readonly mayWriteAgain: boolean;
};

/**
 * Gives a pending or not-done action its verdict while the turn is kept. Throws Refused (`roblox.busy`, `credential.*`, …)
 * when Roblox cannot be read now or a write may still land; the action stays unsettled then.
 */
export async function settleAction(
  deps: SettleDeps,
  turn: Turn,
  ref: ActionRef,
  options: SettleOptions,
): Promise<Settled> {
  const found = await deps.storage.shared.journal.find(ref);
  if (found === null) throw new Error(`action ${ref.id} is pending but not in the journal`);
  const { action } = found;
  if (action.status !== 'unsettled' && !(action.status === 'not-done' && options.mayWriteAgain))
    return { action, memory: turn.memory };

  const settings = await deps.storage.tenant(action.workspaceId).ranking.settings(action.groupId, null, null);
  const looking = await lookerOf(deps, turn, action, settings, options);
  for (;;) {
    const writeBy = action.writeBy ?? action.createdAt;
    const ageSeconds = (turn.now().getTime() - writeBy.getTime()) / 1000;
    const finding = await orRefuse(looking.look(ageSeconds));
    const isMissing = finding.verdict === 'not-done' || finding.verdict === 'too-early';
    const finishes = finding.verdict === 'half-done' || (isMissing && options.mayWriteAgain);
    if (finishes || finding.verdict !== 'too-early') {
      // a verdict of old is opened again, so that this one can be written
      if (finishes || action.status === 'not-done') await deps.storage.shared.journal.resume(turn.held, ref);
      const result = finishes ? await finding.finish() : settledAs(finding);
      if (result.kind === 'unsettled') throw new Refused({ code: 'action.unsettled' });
      return recordVerdict(deps, turn, action, settings, result, true);
    }
    const waitMs = Math.max(250, (lateWriteSeconds - ageSeconds) * 1000 + 250);
    if (deps.clock.monotonicMs() + waitMs > options.deadlineMs) {
      throw new Refused({ code: 'roblox.busy', retryAfterSeconds: Math.ceil(waitMs / 1000) });
    }
    await deps.clock.wait(waitMs);
    await turn.assertTimeForWrite(); // keeps the lease alive over the wait
  }
}

/** What a look at Roblox says of an action, and how what is missing would be done. */
type Finding = {
  readonly verdict: Verdict | 'unknown';
  readonly held: readonly RoleId[] | null;
  finish(): Promise<WriteResult>;
};

type Looker = { look(ageSeconds: number): Promise<Finding> };

function settledAs({ verdict, held }: Finding): WriteResult {
  // half-done and too-early are never an end
  if (verdict === 'half-done' || verdict === 'too-early') return { kind: 'unsettled' };
  const isNotDone = verdict === 'not-done';
  return settled(verdict, held, isNotDone ? { code: 'action.not-done', message: 'Nothing reached Roblox.' } : null);
}

async function lookerOf(
  deps: SettleDeps,
  turn: Turn,
  action: Action,
  settings: RankingSettings,
  options: SettleOptions,
): Promise<Looker> {
  const { kind } = action;
  const credential = isSingleWrite(kind) ? credentialFor(kind, settings) : preferredCredential(settings);
  if (credential === null) throw new Refused({ code: 'credential.missing' });
  const call: CallOptions = {
    deadlineMs: options.deadlineMs,
    priority: options.priority,
    beforeWrite: () => turn.assertTimeForWrite(),
  };
  if (isSingleWrite(kind)) {
    return {
      async look(ageSeconds) {
        const evidence = await evidenceOf(deps, kind, credential, action, call);
        const mayStillLand = evidence === 'not-done' && ageSeconds <= lateWriteSeconds;
        return {
          verdict: mayStillLand ? 'too-early' : evidence,
          held: kind === 'exile' && evidence === 'done' ? [] : null,
          finish: () => writeOnce(deps, kind, credential, action, call, true),
        };
      },
    };
  }
  const group = {
    groupId: action.groupId,
    roles: await readGroupRoles(deps, credential, action.groupId, call),
    confirmedLadder: settings.confirmedLadder,
  };
  const also = [...action.beforeRoles, ...action.afterRoles];
  const member = { userId: action.userId, memory: turn.memory, now: turn.now, also };
  return {
    async look(ageSeconds) {
      const view = await readMember(deps, credential, group, member, call);
      const { verdict, plan } = judgeView(action, view, ageSeconds);
      const writing = { deps, turn, credential, group, intent: action, options: call };
      return {
        verdict,
        held: view.membership.isMember ? view.held : [],
        finish: () => writeRoles(writing, { plan, isBegun: true, checkAfterwards: credential.kind === 'cookie' }),
      };
    },
  };
}

/** Journals a verdict with everything that hangs on it. */
export async function recordVerdict(
  deps: Pick<Deps, 'storage'>,
  turn: Turn,
  action: Action,
  settings: Pick<RankingSettings, 'plan'>,
  result: WriteResult & { kind: 'settled' },
  keepTurn: boolean,
  remarks: readonly string[] = action.remarks,
): Promise<Settled> {
  const transition = { before: action.beforeRoles, after: action.afterRoles };
  const memory =
    result.held === null || result.status === 'not-done'
      ? null
      : remember(turn.memory, transition, { held: result.held, at: turn.now(), isOnlyRole: result.isOnlyRole });
  const counts = {
    by: result.status === 'done' ? (1 as const) : (0 as const),
    allowance: allowanceOf(action.dialect, settings.plan),
  };
  const outcome = { status: result.status, refusal: result.refusal, held: result.held, remarks };
  const counted = await deps.storage.shared.journal.settle(turn.held, action, outcome, counts, memory, keepTurn);
  if (memory !== null) turn.learn(memory);
  if (!keepTurn) turn.wasGivenBack();
  return {
    action: {
      ...action,
      status: result.status,
      refusal: result.refusal,
      remarks,
      usage: counted.usage,
      isOverage: counted.isOverage,
    },
    memory: memory ?? turn.memory,
  };
}
