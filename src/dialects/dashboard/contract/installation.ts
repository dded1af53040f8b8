/** The installation as a whole on the wire: its status, and the checks behind `brevet doctor`. */
import { z } from 'zod';
import { workspaceSummary } from './workspaces.ts';

const credentialHealth = z.object({
  place: z.string().describe('Where it stands in the workspace document'),
  kind: z.enum(['openCloud', 'cookie']),
  health: z.enum(['unknown', 'ok', 'broken']),
  reason: z.string(),
  at: z.string().nullable(),
});

export const statusAnswer = z.object({
  version: z.string(),
  uptimeSeconds: z.int(),
  database: z.enum(['reachable', 'unreachable']),
  workspaces: z.array(workspaceSummary.extend({ credentials: z.array(credentialHealth) })),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

export const checksAnswer = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['ok', 'warning', 'broken']),
      message: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});
