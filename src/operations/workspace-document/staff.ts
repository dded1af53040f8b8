/** The parts of the workspace document about people: owner, Discord, sessions, medals, certifications, EP, XP, records. */
import { z } from 'zod';
import { companies } from '../../domain/workspace.ts';
import * as field from './fields.ts';

export const ownerPart = z.strictObject({ email: field.email });

export const discordPart = z.strictObject({
  serverId: field.discordId,
  requireVerification: field.flag.optional(),
});

export const verificationEntry = z.strictObject({ robloxId: field.robloxId, discordId: field.discordId });

export const sessionTypeEntry = z.strictObject({
  name: field.text(1, 100),
  description: field.text(0, 2000).optional(),
  color: field.color.optional(),
  defaultDurationMinutes: field.wholeNumber(1, 7 * 24 * 60).optional(),
  isActive: field.flag.optional(),
});

export const sessionRoleEntry = z.strictObject({
  name: field.text(1, 100),
  color: field.color.optional(),
  isDefault: field.flag.optional(),
});

export const medalEntry = z.strictObject({ name: field.text(1, 100), description: field.text(0, 2000).optional() });

export const certificationEntry = z.strictObject({
  reference: field.text(1, 50),
  name: field.text(1, 100).optional(),
  description: field.text(0, 2000).optional(),
});

const amounts = z.partialRecord(field.choice(companies), field.wholeNumber(0, 1_000_000));

export const epPart = z.strictObject({
  companies: z.array(field.choice(companies), 'must be a list of companies').optional(),
  period: field.choice(['weekly', 'monthly']).optional(),
  targets: amounts.optional(),
});

export const xpRankEntry = z.strictObject({
  groupId: field.robloxId,
  xp: field.wholeNumber(0, 1_000_000_000),
  rank: field.memberRank,
});

const loa = z
  .strictObject({ startedAt: field.moment, endsAt: field.moment, reason: field.text(0, 1000).optional() })
  .refine((value) => Date.parse(value.startedAt) < Date.parse(value.endsAt), {
    path: ['endsAt'],
    message: 'must be after startedAt',
  });

export const recordEntry = z.strictObject({
  robloxId: field.robloxId,
  xp: field.wholeNumber(0, 1_000_000_000).optional(),
  medals: z.array(field.text(1, 100), 'must be a list of medal names').optional(),
  certifications: z.array(field.text(1, 50), 'must be a list of references of certifications').optional(),
  ep: amounts.optional(),
  loa: loa.nullable().optional(),
});
