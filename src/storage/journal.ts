/**
 * The journal: an action's intent, its outcome, and what hangs on both (usage, key, turn), each in one statement, so that
 * no crash can separate them (design.md 3.5, 3.7).
 */
import type { Action, ActionStatus } from '../domain/action.ts';
import type { ActionId, Rank, RoleId } from '../domain/ids.ts';
import type { Refusal } from '../domain/refusals.ts';
import type { Memory } from '../domain/settlement.ts';
import { type ActionRow, actionFrom } from './action-row.ts';
import { abortedGuard, type Database, runPrepared, type Statement } from './database.ts';
import { close, find, intendFor, resume, settle, settleWithoutKey } from './journal-statements.ts';
import { type ActionRef, type Held, heldParameters } from './turns.ts';

/** A guard of a statement was not met: turn or key are no longer ours, or the quota is used up. Nothing was written. */
export class GuardFailed extends Error {
  override readonly name = 'GuardFailed';
  readonly guard: string;

  constructor(guard: string) {
    super(`The guard "${guard}" was not met.`);
    this.guard = guard;
  }
}

export type NewAction = Pick<Action, 'id' | 'workspaceId' | 'kind' | 'dialect' | 'requested'> & {
  readonly keyId: number | null;
  readonly actor: string | null;
  readonly idempotencyKey: string | null;
  readonly credential: { readonly id: number; readonly kind: string } | null;
};

/** How a success counts: `allowance` only flags (WESK), `hardLimit` blocks and is reserved with the intent (RankGun). */
export type Counting = { readonly allowance: number | null; readonly hardLimit: number | null };

/** The roles an action found and wants; ranks are null where it is not about rank. */
export type IntentRoles = {
  readonly fromRank: Rank | null;
  readonly toRank: Rank | null;
  readonly before: readonly RoleId[];
  readonly after: readonly RoleId[];
};

export type Outcome = {
  readonly status: ActionStatus;
  readonly refusal: Refusal | null;
  /** Ladder roles known to be held now; null: not known. */
  readonly held: readonly RoleId[] | null;
  readonly remarks: readonly string[];
};

export type Counted = { readonly usage: number | null; readonly isOverage: boolean | null };

function newParameters(action: NewAction) {
  return {
    id: action.id,
    action_workspace: action.workspaceId,
    kind: action.kind,
    action_dialect: action.dialect,
    key_id: action.keyId,
    actor: action.actor,
    idempotency_key: action.idempotencyKey,
    requested: action.requested,
    credential_id: action.credential?.id ?? null,
    credential_kind: action.credential?.kind ?? null,
  };
}

export type Journal = {
  /** Writes the intent. Only after this may Roblox be touched. Throws GuardFailed (`turn`, `claim`, `quota`). */
  intend(held: Held, action: NewAction, change: IntentRoles, counting: Counting): Promise<ActionRef>;
  /** Makes a `not-done` or `unsettled` action the turn's intent again. Throws GuardFailed. */
  resume(held: Held, action: ActionRef): Promise<void>;
  /**
   * The verdict, with usage, key and memory; gives the turn back unless `keepTurn`, which is for actions of others: one's own
   * has the key one holds. Throws GuardFailed.
   */
  settle(
    held: Held,
    action: ActionRef & Pick<Action, 'workspaceId' | 'dialect'>,
    outcome: Outcome,
    counts: { by: 1 | 0 | -1; allowance: number | null },
    memory: Memory | null,
    keepTurn: boolean,
  ): Promise<Counted>;
  /** An attempt without an intent. `held` null: refused before the turn was taken. */
  close(
    held: Held,
    action: NewAction,
    outcome: Outcome & { rank: number | null },
    counting: Counting,
  ): Promise<Counted & ActionRef>;
  find(ref: ActionRef): Promise<{ action: Action; now: Date } | null>;
  /** Turns with an unsettled action whose holder is gone, oldest first. */
  abandoned(max: number): Promise<{ groupId: number; userId: number }[]>;
};

export function createJournal(database: Database): Journal {
  async function guarded<Row extends Record<string, unknown>>(
    statement: Statement,
    parameters: Record<string, unknown>,
  ): Promise<Row> {
    try {
      const [row] = await runPrepared<Row>(database, statement, parameters);
      if (row === undefined) throw new Error(`${statement.name} answered no row`);
      return row;
    } catch (error) {
      const guard = abortedGuard(error);
      throw guard === null ? error : new GuardFailed(guard);
    }
  }
  const outcomeParameters = (outcome: Outcome, counts: number, allowance: number | null) => ({
    status: outcome.status,
    refusal: outcome.refusal,
    held_roles: outcome.held,
    remarks: outcome.remarks.length === 0 ? null : outcome.remarks,
    counts,
    allowance,
  });
  type CountedRow = { usage: number | null; is_overage: boolean | null; created_at: Date };

  return {
    async intend(held, action, change, counting) {
      const row = await guarded<CountedRow>(
        intendFor({ key: held.claim !== null, quota: counting.hardLimit !== null }),
        {
          ...heldParameters(held),
          ...newParameters(action),
          from_rank: change.fromRank,
          to_rank: change.toRank,
          before_roles: change.before,
          after_roles: change.after,
          hard_limit: counting.hardLimit,
        },
      );
      return { id: action.id, createdAt: row.created_at };
    },
    async resume(held, action) {
      await guarded(resume, { ...heldParameters(held), id: action.id, created_at: action.createdAt });
    },
    async settle(held, action, outcome, counts, memory, keepTurn) {
      const hasNoKey = !keepTurn && held.claim === null;
      const row = await guarded<CountedRow>(hasNoKey ? settleWithoutKey : settle, {
        ...heldParameters(held),
        id: action.id,
        created_at: action.createdAt,
        action_workspace: action.workspaceId,
        action_dialect: action.dialect,
        ...outcomeParameters(outcome, counts.by, counts.allowance),
        memory,
        keep_turn: keepTurn,
      });
      return { usage: row.usage, isOverage: row.is_overage };
    },
    async close(held, action, outcome, counting) {
      const counts = outcome.status === 'unchanged' && counting.hardLimit === null ? 1 : 0;
      const row = await guarded<CountedRow>(close, {
        ...heldParameters(held),
        ...newParameters(action),
        ...outcomeParameters(outcome, counts, counting.allowance),
        rank: outcome.rank,
      });
      return { id: action.id, createdAt: row.created_at, usage: row.usage, isOverage: row.is_overage };
    },
    async find(ref) {
      const rows = await runPrepared<ActionRow & { now: Date }>(database, find, {
        id: ref.id,
        created_at: ref.createdAt,
      });
      const [row] = rows;
      return row === undefined ? null : { action: actionFrom(row), now: row.now };
    },
    async abandoned(max) {
      const result = await database.pool.query<{ group_id: number; user_id: number }>(
        `select group_id, user_id from turns
         where pending_action is not null and expires_at < brevet_now() order by pending_created_at limit $1`,
        [max],
      );
      return result.rows.map((row) => ({ groupId: row.group_id, userId: row.user_id }));
    },
  };
}

/** UUIDv7: ids sort by time. `random` must hold 10 bytes. */
export function newActionId(nowMs: number, random: Uint8Array): ActionId {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-') as ActionId;
}
