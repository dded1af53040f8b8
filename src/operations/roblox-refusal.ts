/** A failed Roblox call as a refusal; the wording of Roblox's answer is kept, its secrets never were in it. */
import type { Refusal } from '../domain/refusals.ts';
import type { RobloxError } from '../roblox/roblox.ts';

/** When Roblox gives no hint, a retry is worth trying after this long. */
const defaultRetrySeconds = 5;

export function robloxRefusal(error: RobloxError): Refusal {
  switch (error.failure) {
    case 'refused':
      return {
        code: 'roblox.rejected',
        status: error.status,
        robloxCode: error.code === null ? null : String(error.code),
        message: error.message,
      };
    case 'credential':
      return { code: 'credential.broken', reason: error.message };
    case 'busy':
      return { code: 'roblox.busy', retryAfterSeconds: error.retryAfterSeconds ?? defaultRetrySeconds };
    case 'unavailable':
      return { code: 'roblox.unavailable', message: error.message };
    case 'bookkeeping':
      return { code: 'storage.unavailable' };
    case 'lost':
      return { code: 'action.unsettled' };
  }
}

/** The same after the intent was journalled: "busy" is not said any more, since the action has its verdict (design.md 3). */
export function refusalAfterIntent(error: RobloxError): Refusal {
  const refusal = robloxRefusal(error);
  const wasInTheWay = ['roblox.busy', 'roblox.unavailable', 'storage.unavailable'].includes(refusal.code);
  return wasInTheWay ? { code: 'action.not-done', message: error.message } : refusal;
}
