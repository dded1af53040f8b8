/**
 * The workspace document (design.md 4.4), whole and strict: parts whose feature does not exist yet are checked all the same.
 * Everything but the slug and what tells entries apart may be left out, and what is left out is left alone.
 */
import { z } from 'zod';
import { Refused } from '../domain/refusals.ts';
import * as access from './workspace-document/access.ts';
import * as centres from './workspace-document/centres.ts';
import { crossCheck } from './workspace-document/cross-checks.ts';
import { flag } from './workspace-document/fields.ts';
import { problemsIn } from './workspace-document/problems.ts';
import * as staff from './workspace-document/staff.ts';

// a workspace of a hundred thousand blacklisted users is still one file; more than this is a mistake
const entriesMax = 200_000;
const credentialsMax = 20;

const listOf = <Entry extends z.ZodType>(entry: Entry, max = entriesMax) =>
  z.array(entry, 'must be a list').max(max, `must have at most ${max} entries`).optional();

const parts = {
  workspace: access.workspacePart,
  owner: staff.ownerPart.optional(),
  credential: access.credentialPart.optional(),
  extraCredentials: listOf(access.credentialPart, credentialsMax),
  groups: listOf(access.groupEntry, 1000),
  discord: staff.discordPart.optional(),
  keys: listOf(access.keyEntry, 10_000),
  rules: listOf(access.ruleEntry),
  blacklist: listOf(access.blacklistEntry),
  members: listOf(access.memberEntry),
  verifications: listOf(staff.verificationEntry),
  sessionTypes: listOf(staff.sessionTypeEntry, 1000),
  sessionRoles: listOf(staff.sessionRoleEntry, 1000),
  medals: listOf(staff.medalEntry, 10_000),
  certifications: listOf(staff.certificationEntry, 10_000),
  ep: staff.epPart.optional(),
  applications: listOf(centres.applicationEntry, 1000),
  rankCentre: centres.rankCentrePart.optional(),
  limits: access.limitsPart.optional(),
  xpRanks: listOf(staff.xpRankEntry, 10_000),
  records: listOf(staff.recordEntry),
  webhooks: listOf(centres.webhookEntry, 1000),
  prune: flag.optional().describe('Whether entries that the lists of this document do not name are removed.'),
};

const shape = z.strictObject(parts);
export type WorkspaceDocument = z.infer<typeof shape>;

export const workspaceDocument = shape.superRefine((document, context) =>
  crossCheck(document, (path, message) => context.addIssue({ code: 'custom', path: [...path], message })),
);

/** Throws `document.invalid` with every problem and its place. */
export function parseDocument(value: unknown): WorkspaceDocument {
  const parsed = workspaceDocument.safeParse(value);
  if (!parsed.success) throw new Refused({ code: 'document.invalid', problems: problemsIn(parsed.error, value) });
  return parsed.data;
}

/** Where the slug is said twice, it is the same: a workspace is never renamed by accident. */
export function refuseOtherSlug(document: WorkspaceDocument, slug: string): void {
  if (document.workspace.slug === slug) return;
  const problem = `must be ${slug}, the workspace asked for`;
  throw new Refused({ code: 'document.invalid', problems: [{ place: 'workspace.slug', problem }] });
}
