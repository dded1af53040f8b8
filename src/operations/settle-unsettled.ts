/** Settles what crashes and lost answers left behind; the timer's work (design.md 3.8). */

import { groupId, userId } from '../domain/ids.ts';
import { Refused } from '../domain/refusals.ts';
import { type Deps, requestDeadlineMs } from './deps.ts';
import { settleAction } from './settle-action.ts';

const perRound = 50;

/** Answers how many actions got their verdict. What cannot be settled now waits for the next round. */
export async function settleUnsettled(
  deps: Pick<Deps, 'storage' | 'roblox' | 'clock' | 'turns' | 'log'>,
): Promise<number> {
  let settled = 0;
  for (const place of await deps.storage.shared.journal.abandoned(perRound)) {
    const deadlineMs = deps.clock.monotonicMs() + requestDeadlineMs;
    const request = { groupId: groupId(place.groupId), userId: userId(place.userId), claim: null, deadlineMs };
    try {
      const taken = await deps.turns.take(request);
      if (taken.kind !== 'turn') continue;
      const { turn } = taken;
      try {
        if (turn.pending === null) continue;
        const { action } = await settleAction(deps, turn, turn.pending, {
          deadlineMs,
          priority: 'read',
          mayWriteAgain: false,
        });
        settled += 1;
        deps.log.info({ action: action.id, status: action.status }, 'An action left unsettled has its verdict.');
      } finally {
        await turn.release();
      }
    } catch (error) {
      // whatever is wrong with this one must not keep the others waiting
      const facts = error instanceof Refused ? { reason: error.refusal.code } : { err: error };
      deps.log.warn({ ...place, ...facts }, 'An unsettled action cannot be settled yet.');
    }
  }
  return settled;
}
