/** One change asked for: a row of the journal, which is also the log (design.md 2). */
import type { Dialect } from './caller.ts';
import type { ActionId, GroupId, Rank, RoleId, UserId, WorkspaceId } from './ids.ts';
import type { Direction } from './rank-change.ts';
import type { KeyAction, Refusal } from './refusals.ts';

export const actionKinds = ['rank', 'promote', 'demote', 'exile', 'accept', 'decline', 'shout'] as const;
export type ActionKind = (typeof actionKinds)[number];

/** What a key must be allowed to do for it. */
export function keyActionOf(kind: ActionKind): KeyAction {
  return kind === 'accept' || kind === 'decline' ? 'joinRequests' : kind;
}

/**
 * - `unsettled`: the intent is journalled, the outcome unknown.
 * - `done`, `unchanged` (already there, no write).
 * - `refused`: said no to before anything was written; no intent.
 * - `not-done`: the intent came to nothing; a retry with its key runs it again.
 * - `rejected`: Roblox refused for good, nothing was changed.
 * - `partial`: begun and then refused for good; `heldRoles` says what the member holds.
 * - `superseded`: changed by somebody else meanwhile.
 * - `unknown`: Roblox does not show whether it came to pass, and never will; it is not sent again by itself.
 */
export type ActionStatus =
  | 'unsettled'
  | 'done'
  | 'unchanged'
  | 'refused'
  | 'not-done'
  | 'rejected'
  | 'partial'
  | 'superseded'
  | 'unknown';

/** How a rank was asked for. */
export type RankRequested =
  | { readonly kind: 'exact'; readonly rank: Rank }
  | { readonly kind: 'step'; readonly direction: Direction }
  | { readonly kind: 'rule'; readonly direction: Direction };

/** What was asked for, as stored. */
export type Requested =
  | RankRequested
  /** Exile, accept, decline: what there is to say stands in the action's kind. */
  | { readonly kind: 'member' }
  | { readonly kind: 'shout'; readonly text: string };

export type Action = {
  readonly id: ActionId;
  readonly createdAt: Date;
  readonly workspaceId: WorkspaceId;
  readonly groupId: GroupId;
  readonly userId: UserId;
  readonly kind: ActionKind;
  readonly dialect: Dialect;
  readonly status: ActionStatus;
  readonly requested: Requested;
  readonly fromRank: Rank | null;
  readonly toRank: Rank | null;
  readonly beforeRoles: readonly RoleId[];
  readonly afterRoles: readonly RoleId[];
  readonly refusal: Refusal | null;
  readonly remarks: readonly string[];
  /** The latest moment at which a write can have been sent; null: none can. */
  readonly writeBy: Date | null;
  readonly usage: number | null;
  readonly isOverage: boolean | null;
};

/** The refusal a caller is answered with, or null when the action came out as asked. */
export function refusalOf(action: Action): Refusal | null {
  switch (action.status) {
    case 'done':
    case 'unchanged':
      return null;
    case 'unsettled':
    case 'unknown':
      return { code: 'action.unsettled' };
    case 'superseded':
      return { code: 'action.superseded' };
    case 'refused':
    case 'rejected':
    case 'partial':
    case 'not-done':
      return action.refusal ?? { code: 'action.not-done', message: '' };
  }
}
