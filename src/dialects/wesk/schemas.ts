/** WESK's requests and answers exactly as on the wire (api-contracts.md 3.3 to 3.7). */
import { z } from 'zod';
import { groupId, rank, userId } from '../../domain/ids.ts';

/** `5`, `5.0` and `"5"` are the same number: Luau sends floats and, for large ids, strings. */
function wholeNumber(name: string, lowest: number, highest: number) {
  const problem = `${name} must be an integer from ${lowest} to ${highest === Number.MAX_SAFE_INTEGER ? '2^53-1' : highest}.`;
  return z
    .union([z.number(), z.string().regex(/^\d{1,16}$/, { error: problem })], { error: problem })
    .transform(Number)
    .refine((value) => Number.isInteger(value) && value >= lowest && value <= highest, { error: problem });
}

const idMax = Number.MAX_SAFE_INTEGER;
const robloxUserId = wholeNumber('robloxUserId', 1, idMax).transform(userId);

export const groupParams = z.object({ groupId: wholeNumber('groupId', 1, idMax).transform(groupId) });
export const memberParams = groupParams.extend({ robloxUserId });

export const rankBody = z.object({ robloxUserId, rankId: wholeNumber('rankId', 0, 255).transform(rank) });
export const stepBody = z.object({ robloxUserId });

/** 1 to 255 printable ASCII characters (3.7). */
export const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, { error: 'Idempotency-Key must have 1 to 255 printable ASCII characters.' });

export type RankAnswer = { logId: string; fromRank: number; toRank: number; usage: number; overage: boolean };
/** `roleId` is the rank number 0–255, as `rankId` is; null for a stranger. */
export type RankReading = { robloxUserId: number; inGroup: boolean; roleId: number | null };
