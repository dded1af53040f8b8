/** Refusals and malformed requests as WESK words them: `{ "error": { "code", "message" } }` (api-contracts.md 3.2, 1.9). */
import type { Refusal } from '../../domain/refusals.ts';

export type WeskError = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
};

export const weskBody = ({ code, message }: Pick<WeskError, 'code' | 'message'>) => ({ error: { code, message } });

export const badRequest = (message: string): WeskError => ({ status: 400, code: 'BAD_REQUEST', message });
export const internalError: WeskError = {
  status: 500,
  code: 'INTERNAL_ERROR',
  message: 'Something went wrong in Brevet. The log has the details.',
};
const invalidKey: WeskError = { status: 401, code: 'INVALID_API_KEY', message: 'Missing or unknown API key.' };

const robloxError = (message: string): WeskError => ({ status: 502, code: 'ROBLOX_API_ERROR', message });
const forbidden = (message: string): WeskError => ({ status: 403, code: 'FORBIDDEN', message });
const busy = (message: string, retryAfterSeconds: number): WeskError => ({
  status: 429,
  code: 'RATE_LIMITED',
  message,
  retryAfterSeconds,
});

const cookieLimits = {
  'side-role-hides-the-ladder':
    'The member’s highest role is not on the ladder, and a cookie cannot see or change the roles below it. Connect an Open Cloud key.',
  'side-role-above-target':
    'The member may hold a role between that rank and their present one which is not on the ladder; a cookie cannot tell. Connect an Open Cloud key.',
  'needs-cookie': 'Only a cookie can do this: connect one beside the Open Cloud key.',
  'no-role-to-write': 'Rank 1 is the base role here, which a cookie cannot rank to. Connect an Open Cloud key.',
} as const;

const ruleWords = { promote: 'promotion', demote: 'demotion' } as const;

export function weskError(refusal: Refusal): WeskError {
  switch (refusal.code) {
    case 'key.unknown':
      return invalidKey;
    case 'key.action-not-allowed':
      return forbidden(`This API key may not ${refusal.action}.`);
    case 'key.rank-too-high':
      return forbidden(`Rank ${refusal.wanted} is above ${refusal.highest}, the highest rank this API key may give.`);
    case 'limit.requests':
      return busy('This API key has sent too many requests this minute.', refusal.retryAfterSeconds);
    case 'group.unknown':
      return { status: 404, code: 'GROUP_NOT_FOUND', message: `Group ${refusal.groupId} was not found.` };
    case 'group.foreign':
      return forbidden('This API key belongs to another group.');
    case 'plan.lacks-action':
      return {
        status: 403,
        code: 'FEATURE_NOT_AVAILABLE',
        message: `${refusal.action.slice(0, 1).toUpperCase()}${refusal.action.slice(1)} needs the Pro or Max plan.`,
      };
    case 'quota.exhausted':
      return forbidden('The monthly quota of this workspace is used up.');
    case 'idempotency.mismatch':
      return badRequest('This Idempotency-Key was used for another request.');
    case 'idempotency.running':
      return { status: 409, code: 'CONFLICT', message: 'A request with this Idempotency-Key is still running.' };
    case 'rank.not-on-ladder':
      return badRequest(`Rank ${refusal.rank} is not a role that can be given in this group.`);
    case 'rank.at-or-above-bot':
      return robloxError(
        `Roblox rejected the request: rank ${refusal.rank} is not below the bot, which has rank ${refusal.botRank}.`,
      );
    case 'rule.none':
      return {
        status: 400,
        code: 'NO_MATCHING_RULE',
        message: `No ${ruleWords[refusal.direction]} rule matches this user's current rank.`,
      };
    case 'ladder.end':
      return badRequest(`There is no rank to ${refusal.direction} to from rank ${refusal.fromRank}.`);
    case 'user.blacklisted':
      return { status: 403, code: 'USER_BLACKLISTED', message: `User ${refusal.userId} is blacklisted in this group.` };
    case 'member.absent':
      return robloxError(`User ${refusal.userId} is not a member of the group.`);
    case 'join-request.absent':
      return robloxError(`User ${refusal.userId} has not asked to join.`);
    case 'member.is-owner':
      return robloxError(`Roblox rejected the request: user ${refusal.userId} owns the group.`);
    case 'member.is-bot':
      return robloxError(`Roblox rejected the request: user ${refusal.userId} is the bot itself.`);
    case 'member.at-or-above-bot':
      return robloxError(
        `Roblox rejected the request: user ${refusal.userId} has rank ${refusal.memberRank}, which is not below the bot at rank ${refusal.botRank}.`,
      );
    case 'credential.missing':
      return robloxError('No bot is connected: add an Open Cloud key or a cookie to the workspace.');
    case 'credential.broken':
      return robloxError(`The bot’s credential does not work: ${refusal.reason}`);
    case 'credential.cannot':
      return robloxError(cookieLimits[refusal.reason]);
    case 'roblox.busy':
      return busy('Roblox is busy; nothing was changed. Try again shortly.', refusal.retryAfterSeconds);
    case 'roblox.rejected':
      return robloxError(`Roblox rejected the request: ${refusal.message}`);
    case 'roblox.unavailable':
      return robloxError(`Roblox does not answer; nothing was changed. ${refusal.message}`);
    case 'storage.unavailable':
      return {
        status: 503,
        code: 'INTERNAL_ERROR',
        message: 'The database cannot be reached; nothing was changed.',
        retryAfterSeconds: 5,
      };
    case 'action.not-done':
      return robloxError(`Nothing was changed. ${refusal.message}`);
    case 'action.unsettled':
      return robloxError('The change was sent to Roblox, but its answer is missing: it may have been applied.');
    case 'action.superseded':
      return robloxError('The member was changed by somebody else meanwhile; nothing was written.');
    case 'action.partial':
      return robloxError(`Roblox accepted only a part of the change: ${refusal.message}`);
    // said to those who change settings; no WESK request does
    case 'workspace.unknown':
    case 'document.invalid':
    case 'key.in-use':
    case 'key.not-found':
    case 'key.needs-group':
    case 'plan.keys-max':
      return internalError;
  }
}
