/** What operations answer, in WESK's words. */
import type { Action } from '../../domain/action.ts';
import type { UserId } from '../../domain/ids.ts';
import type { RankAnswer, RankReading } from './schemas.ts';

/** Of an action that came out as asked. */
export function presentRank(action: Action): RankAnswer {
  return {
    logId: action.id,
    fromRank: action.fromRank ?? 0,
    toRank: action.toRank ?? 0,
    usage: action.usage ?? 0,
    overage: action.isOverage ?? false,
  };
}

export function presentReading(robloxUserId: UserId, read: { isMember: boolean; rank: number }): RankReading {
  return { robloxUserId, inGroup: read.isMember, roleId: read.isMember ? read.rank : null };
}
