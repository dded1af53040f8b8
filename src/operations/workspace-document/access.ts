/** The parts of the workspace document that decide who may rank whom: groups, credentials, keys, rules, blacklist, members. */
import { z } from 'zod';
import { keyDialects } from '../../domain/caller.ts';
import { keyActions, plans } from '../../domain/refusals.ts';
import { linkedCompanies, staffRoles } from '../../domain/workspace.ts';
import * as field from './fields.ts';

export const workspacePart = z.strictObject({
  slug: field.slug,
  name: field.text(1, 100).optional(),
  plan: field.choice(plans).optional(),
  open: field.flag.optional(),
  timezone: field.timeZone.optional(),
  maxRank: field.rank.nullable().optional(),
});

const health = z
  .strictObject({ state: field.choice(['unknown', 'ok', 'broken']), reason: z.string(), at: z.string().nullable() })
  .describe('Written when a workspace is read back; ignored when it is applied.');

export const credentialPart = z.strictObject({
  kind: field.choice(['openCloud', 'cookie']),
  value: field.credentialValue.optional().describe('Left out: the stored secret stays.'),
  proxy: field.httpUrl.nullable().optional(),
  health: health.optional(),
});

export const groupEntry = z.strictObject({
  id: field.robloxId,
  main: field.flag.optional(),
  company: field.choice(linkedCompanies).nullable().optional(),
  ladder: z
    .array(field.robloxId, 'must be a list of role ids, or null while the ladder is not confirmed')
    .min(1, 'must name at least one role; null stands for "not confirmed yet"')
    .nullable()
    .optional(),
});

export const keyEntry = z.strictObject({
  dialect: field.choice(keyDialects),
  value: field.keyValue.optional().describe('Left out: the existing key with these last four characters is meant.'),
  lastFour: field.lastFour.optional(),
  label: field.text(0, 100).optional(),
  groupId: field.robloxId.nullable().optional(),
  maxRank: field.rank.nullable().optional(),
  actions: z
    .array(field.choice(keyActions), 'must be a list of actions, or null for all')
    .min(1, 'must name at least one action; null stands for all')
    .nullable()
    .optional(),
  expiresAt: field.moment.nullable().optional(),
});

export const ruleEntry = z.strictObject({
  groupId: field.robloxId,
  kind: field.choice(['promote', 'demote']),
  fromRank: field.memberRank,
  toRank: field.memberRank,
  enabled: field.flag.optional(),
  order: field.wholeNumber(0, 1_000_000).optional(),
});

export const blacklistEntry = z.strictObject({
  groupId: field.robloxId,
  robloxUserId: field.robloxId,
  reason: field.text(0, 1000).optional(),
  expiresAt: field.moment.nullable().optional(),
});

export const memberEntry = z.strictObject({
  robloxId: field.robloxId,
  username: field.text(0, 50).optional(),
  role: field.choice(staffRoles).nullable().optional(),
});

export const limitsPart = z.strictObject({
  rankgunPerMinute: field.wholeNumber(1, 1_000_000).optional(),
  viscraPerMinute: field.wholeNumber(1, 1_000_000).optional(),
});
