/** Requests that are read, and what every route may answer besides its own. */
import type { z } from 'zod';
import { groupId, rank } from '../../domain/ids.ts';
import type { IssueKeyInput } from '../../operations/issue-key.ts';
import { keyEntry } from '../../operations/workspace-document/access.ts';
import { problemDetails } from './contract/problem.ts';

/** A key to be made: the fields of the document's `keys`. */
export const issueKeyBody = keyEntry.omit({ lastFour: true });

export function issueKeyInput(body: z.infer<typeof issueKeyBody>): IssueKeyInput {
  return {
    dialect: body.dialect,
    value: body.value ?? null,
    label: body.label ?? '',
    groupId: body.groupId == null ? null : groupId(body.groupId),
    maxRank: body.maxRank == null ? null : rank(body.maxRank),
    actions: body.actions ?? null,
    expiresAt: body.expiresAt == null ? null : new Date(body.expiresAt),
  };
}

/** The responses of a route: its own success, and problem details for all that can go wrong. */
export function answers<const Success extends Record<number, z.ZodType>>(success: Success) {
  const problem = {
    description: 'What went wrong',
    content: { 'application/problem+json': { schema: problemDetails } },
  };
  return { ...success, '4xx': problem, '5xx': problem } as const;
}
