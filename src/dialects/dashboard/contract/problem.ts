/** What every error of the management API looks like: problem details (RFC 9457). */
import { z } from 'zod';

export const problemType = 'application/problem+json; charset=utf-8';

export const problemDetails = z.object({
  type: z.string().describe('about:blank, or urn:brevet:error: and a code of docs/errors.md'),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().describe('The path asked for'),
  facts: z.record(z.string(), z.unknown()).optional().describe('What goes with the code, e.g. the group'),
  errors: z
    .array(z.object({ place: z.string(), problem: z.string(), remedy: z.string().optional() }))
    .optional()
    .describe('Every mistake with its place, e.g. keys[0].maxRank'),
});
export type ProblemDetails = z.infer<typeof problemDetails>;
