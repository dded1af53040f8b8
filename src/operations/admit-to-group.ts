/** Whether a key may do an action in a group at all: scope, plan, the key's allowed actions (api-contracts.md 3.1, 3 to 5). */
import { type Caller, mayDo } from '../domain/caller.ts';
import type { Clock } from '../domain/clock.ts';
import type { GroupId } from '../domain/ids.ts';
import { weskPlanHas } from '../domain/plans.ts';
import { type KeyAction, Refused } from '../domain/refusals.ts';
import type { OpenKey } from '../storage/keys.ts';
import { type Deps, requestDeadlineMs } from './deps.ts';

/** Remembers which groups Roblox knows, and how often a key has asked about foreign ones. */
export type GroupQuestions = {
  known(groupId: GroupId): boolean | undefined;
  remember(groupId: GroupId, exists: boolean): void;
  /** False when the key has used up its questions of this minute. */
  mayAsk(keyId: number): boolean;
};

const questionsPerMinute = 10;
const rememberedMs = 5 * 60_000;
const rememberedMax = 10_000;

export function createGroupQuestions(clock: Clock): GroupQuestions {
  const answers = new Map<GroupId, { exists: boolean; endsMs: number }>();
  const asked = new Map<number, { count: number; endsMs: number }>();
  return {
    known(groupId) {
      const answer = answers.get(groupId);
      return answer !== undefined && clock.monotonicMs() < answer.endsMs ? answer.exists : undefined;
    },
    remember(groupId, exists) {
      if (answers.size >= rememberedMax) answers.clear();
      answers.set(groupId, { exists, endsMs: clock.monotonicMs() + rememberedMs });
    },
    mayAsk(keyId) {
      const nowMs = clock.monotonicMs();
      const window = asked.get(keyId);
      if (window === undefined || nowMs >= window.endsMs) {
        asked.set(keyId, { count: 1, endsMs: nowMs + 60_000 });
        return true;
      }
      window.count += 1;
      return window.count <= questionsPerMinute;
    },
  };
}

/** Throws Refused `group.unknown`, `group.foreign`, `plan.lacks-action` or `key.action-not-allowed`, in this order. */
export async function admitToGroup(
  deps: Pick<Deps, 'roblox' | 'clock' | 'groupQuestions'>,
  key: OpenKey,
  groupId: GroupId,
  action: KeyAction,
): Promise<void> {
  if (key.caller.groupId !== null && key.caller.groupId !== groupId) {
    // the same answer whether the group is registered here or not: only Roblox is asked
    const exists = await groupExists(deps, key.caller, groupId);
    throw new Refused({ code: exists === false ? 'group.unknown' : 'group.foreign', groupId });
  }
  if (key.caller.dialect === 'wesk' && !weskPlanHas(key.plan, action)) {
    throw new Refused({ code: 'plan.lacks-action', action, plan: key.plan });
  }
  if (!mayDo(key.caller, action)) throw new Refused({ code: 'key.action-not-allowed', action });
}

async function groupExists(
  deps: Pick<Deps, 'roblox' | 'clock' | 'groupQuestions'>,
  caller: Caller & { keyId: number },
  groupId: GroupId,
): Promise<boolean | null> {
  const known = deps.groupQuestions.known(groupId);
  if (known !== undefined) return known;
  if (!deps.groupQuestions.mayAsk(caller.keyId)) return null;
  const deadlineMs = deps.clock.monotonicMs() + requestDeadlineMs / 5;
  const exists = await deps.roblox.groupExists(null, groupId, { deadlineMs, priority: 'read' });
  if (exists !== null) deps.groupQuestions.remember(groupId, exists);
  return exists;
}
