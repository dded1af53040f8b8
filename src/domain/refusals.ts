/**
 * Everything the product says no to: a code and its facts, no sentences and no HTTP statuses. Each dialect words them in
 * its `errors.ts`; docs/errors.md explains them to people.
 */
import type { GroupId, Rank, UserId } from './ids.ts';
import type { Problem } from './problem.ts';

/** What an API key may be allowed to do; `read` is get-rank. */
export const keyActions = [
  'rank',
  'promote',
  'demote',
  'exile',
  'joinRequests',
  'shout',
  'read',
  'export',
  'import',
] as const;
export type KeyAction = (typeof keyActions)[number];

export const plans = ['starter', 'pro', 'max', 'free', 'elite'] as const;
export type Plan = (typeof plans)[number];

export type Refusal =
  // who asks
  | { code: 'key.unknown' }
  | { code: 'key.action-not-allowed'; action: KeyAction }
  | { code: 'key.rank-too-high'; wanted: Rank; highest: Rank }
  | { code: 'limit.requests'; retryAfterSeconds: number }
  // the group
  | { code: 'group.unknown'; groupId: GroupId }
  | { code: 'group.foreign'; groupId: GroupId }
  | { code: 'plan.lacks-action'; action: KeyAction; plan: Plan }
  | { code: 'quota.exhausted' }
  // the request
  | { code: 'idempotency.mismatch' }
  | { code: 'idempotency.running' }
  | { code: 'rank.not-on-ladder'; rank: Rank }
  | { code: 'rank.at-or-above-bot'; rank: Rank; botRank: Rank }
  | { code: 'rule.none'; direction: 'promote' | 'demote'; fromRank: Rank }
  | { code: 'ladder.end'; direction: 'promote' | 'demote'; fromRank: Rank }
  // the member
  | { code: 'user.blacklisted'; userId: UserId }
  | { code: 'member.absent'; userId: UserId }
  | { code: 'join-request.absent'; userId: UserId }
  | { code: 'member.is-owner'; userId: UserId }
  | { code: 'member.is-bot'; userId: UserId }
  | { code: 'member.at-or-above-bot'; userId: UserId; memberRank: Rank; botRank: Rank }
  // Roblox
  | { code: 'credential.missing' }
  | { code: 'credential.broken'; reason: string }
  | { code: 'credential.cannot'; reason: CookieLimit }
  | { code: 'roblox.busy'; retryAfterSeconds: number }
  | { code: 'roblox.rejected'; status: number | null; robloxCode: string | null; message: string }
  | { code: 'roblox.unavailable'; message: string }
  // ourselves
  | { code: 'storage.unavailable' }
  // what became of an action that had begun
  | { code: 'action.not-done'; message: string }
  | { code: 'action.unsettled' }
  | { code: 'action.superseded' }
  | { code: 'action.partial'; message: string }
  // settings
  | { code: 'workspace.unknown' }
  | { code: 'document.invalid'; problems: readonly Problem[] }
  | { code: 'key.in-use' }
  | { code: 'key.not-found' }
  | { code: 'key.needs-group' }
  | { code: 'plan.keys-max'; plan: Plan; max: number; groupId: GroupId };

/** What a cookie, which sees and writes one role only, cannot do (docs/decisions/multi-role-writes-and-the-ladder.md). */
export type CookieLimit =
  /** The highest role held is a side role: the ladder role below it is invisible. */
  | 'side-role-hides-the-ladder'
  /** A side role ranks between the target and the bot: after the write it may still be the highest. */
  | 'side-role-above-target'
  /** The target is "no ladder role", which would mean writing the base role. */
  | 'no-role-to-write'
  /** The other way round: only a cookie can exile. */
  | 'needs-cookie';

export type RefusalCode = Refusal['code'];

/** The error an operation throws for a refusal; anything else thrown is a bug. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}
