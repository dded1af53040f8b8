/** API keys on the wire. The secret is shown in the answer to its making, and never again. */
import { z } from 'zod';
import { keyDialects } from '../../../domain/caller.ts';
import { keyActions } from '../../../domain/refusals.ts';
import { slugParam } from './workspaces.ts';

export const keyParams = slugParam.extend({
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be the id of a key')
    .transform(Number),
});

export const keyAnswer = z.object({
  id: z.int(),
  dialect: z.enum(keyDialects),
  label: z.string(),
  lastFour: z.string(),
  groupId: z.int().nullable().describe('The only group it opens; null: any of the workspace'),
  maxRank: z.int().nullable(),
  actions: z.array(z.enum(keyActions)).nullable().describe('null: all of its dialect'),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});
export type KeyAnswer = z.infer<typeof keyAnswer>;

export const keyList = z.object({ keys: z.array(keyAnswer) });
export const issuedKey = keyAnswer.extend({ value: z.string().describe('The key itself, shown this once') });
