/** Workspaces and their documents on the wire. The document itself is `operations/workspace-document.ts`. */
import { z } from 'zod';
import { plans } from '../../../domain/refusals.ts';

export const slugParam = z.object({
  slug: z.string().regex(/^[a-z0-9-]{1,63}$/, 'must be small letters, digits and hyphens'),
});

export const workspaceSummary = z.object({
  slug: z.string(),
  name: z.string(),
  plan: z.enum(plans),
  mainGroupId: z.int().nullable(),
});

export const workspaceList = z.object({ workspaces: z.array(workspaceSummary) });

export const applyQuery = z.object({
  dryRun: z
    .enum(['true', 'false'], 'must be true or false')
    .optional()
    .describe('true: say what would change and change nothing'),
});

export const applyReport = z.object({
  slug: z.string(),
  isNew: z.boolean(),
  isDryRun: z.boolean(),
  isChanged: z.boolean(),
  changes: z
    .array(
      z.object({
        part: z.string().describe('A part of the document, e.g. keys'),
        change: z.enum(['added', 'updated', 'removed']),
        count: z.int(),
        names: z.array(z.string()).readonly().describe('The first of them'),
      }),
    )
    .readonly(),
  keptParts: z
    .array(z.string())
    .readonly()
    .describe('Checked and stored; they take effect with the version that has their feature'),
});
