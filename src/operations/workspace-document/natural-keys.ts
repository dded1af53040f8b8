/** What makes two entries of a list of the document the same thing. */
import type { WorkspaceDocument } from '../workspace-document.ts';

type Lists = {
  [Part in keyof WorkspaceDocument as NonNullable<WorkspaceDocument[Part]> extends readonly unknown[]
    ? Part
    : never]-?: NonNullable<WorkspaceDocument[Part]> extends readonly (infer Entry)[] ? Entry : never;
};
export type ListName = keyof Lists;
export type EntryOf<Name extends ListName> = Lists[Name];

// names are compared without case: Viscra's medals and certifications are looked up so
const plain = (name: string) => name.toLowerCase();

/** Null where an entry has no natural key of its own: it is told apart in another way. */
export const naturalKeys: { readonly [Name in ListName]: (entry: EntryOf<Name>) => string | null } = {
  groups: (group) => String(group.id),
  extraCredentials: (credential) => credential.value ?? null,
  keys: (key) => key.value ?? null,
  rules: (rule) => `${rule.groupId} ${rule.kind} ${rule.fromRank} ${rule.toRank}`,
  blacklist: (entry) => `${entry.groupId} ${entry.robloxUserId}`,
  members: (member) => String(member.robloxId),
  verifications: (verification) => String(verification.robloxId),
  sessionTypes: (type) => plain(type.name),
  sessionRoles: (role) => plain(role.name),
  medals: (medal) => plain(medal.name),
  certifications: (certification) => plain(certification.reference),
  applications: (application) => application.slug,
  xpRanks: (step) => `${step.groupId} ${step.xp}`,
  records: (record) => String(record.robloxId),
  webhooks: (webhook) => webhook.url,
};

export const offerKey = (offer: { readonly name: string }) => plain(offer.name);
