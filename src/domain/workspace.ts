/** A workspace's settings: what the workspace document describes and this version acts on. */
import type { KeyDialect } from './caller.ts';
import type { GroupId, Rank, RoleId, UserId, WorkspaceId } from './ids.ts';
import type { Direction } from './rank-change.ts';
import type { KeyAction, Plan } from './refusals.ts';

/** Linked groups may play one of these parts; the main group is `main`. */
export const linkedCompanies = ['sub1', 'sub2', 'sub3'] as const;
export const companies = ['main', ...linkedCompanies] as const;
export type LinkedCompany = (typeof linkedCompanies)[number];

export const staffRoles = ['owner', 'admin', 'manager', 'viewer'] as const;
export type StaffRole = (typeof staffRoles)[number];

export type WorkspaceSettings = {
  readonly slug: string;
  readonly name: string;
  readonly plan: Plan;
  /** Not limited to its listed groups. */
  readonly isOpen: boolean;
  readonly timezone: string;
  /** The highest rank anybody may give; null = no limit. */
  readonly maxRank: Rank | null;
  /** Requests a minute, by dialect; what is missing has the old service's number. */
  readonly limits: Readonly<Record<string, number>>;
  /** Parts of the document whose feature this version does not have yet, in the document's own shape. */
  readonly keptParts: Readonly<Record<string, unknown>>;
};

export type WorkspaceGroup = {
  readonly groupId: GroupId;
  readonly isMain: boolean;
  readonly company: LinkedCompany | null;
  /** Null until the owner has confirmed it. */
  readonly ladder: readonly RoleId[] | null;
};

export type CredentialKind = 'openCloud' | 'cookie';
export type CredentialState = {
  readonly id: number;
  readonly kind: CredentialKind;
  /** 0 is the document's `credential`, 1… are its `extraCredentials`. */
  readonly position: number;
  readonly proxy: string | null;
  readonly health: 'unknown' | 'ok' | 'broken';
  readonly healthReason: string;
  readonly healthAt: Date | null;
};

/** Where a credential stands in the document. */
export const credentialPlace = (position: number) =>
  position === 0 ? 'credential' : `extraCredentials[${position - 1}]`;

/** What a key may do, without its secret. */
export type KeyLimits = {
  readonly label: string;
  readonly groupId: GroupId | null;
  readonly maxRank: Rank | null;
  readonly actions: readonly KeyAction[] | null;
  readonly expiresAt: Date | null;
};
export type WorkspaceKey = KeyLimits & {
  readonly id: number;
  readonly dialect: KeyDialect;
  readonly lastFour: string;
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
};

export type StoredRule = {
  readonly groupId: GroupId;
  readonly kind: Direction;
  readonly fromRank: Rank;
  readonly toRank: Rank;
  readonly isEnabled: boolean;
  /** Of several that match, the lowest comes first. */
  readonly order: number;
};

export type BlacklistEntry = {
  readonly groupId: GroupId;
  readonly userId: UserId;
  readonly reason: string;
  readonly expiresAt: Date | null;
};

export type Member = { readonly userId: UserId; readonly username: string; readonly staffRole: StaffRole | null };

export type WorkspaceSummary = {
  readonly id: WorkspaceId;
  readonly slug: string;
  readonly name: string;
  readonly plan: Plan;
  readonly mainGroupId: GroupId | null;
};
