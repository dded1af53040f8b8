/** The numbers Roblox uses, branded so that a rank cannot be passed where a role is meant (docs/glossary.md). */

declare const brand: unique symbol;
type Branded<T, Name extends string> = T & { readonly [brand]: Name };

/** A Roblox user: integer, 1 to 2^53-1. */
export type UserId = Branded<number, 'UserId'>;
/** A Roblox group ("community"): integer, 1 to 2^53-1. */
export type GroupId = Branded<number, 'GroupId'>;
/** Roblox's id of a role (a large integer); never a rank. */
export type RoleId = Branded<number, 'RoleId'>;
/** The small ordering number of a role: 0 guest, 1–254 members, 255 owner. */
export type Rank = Branded<number, 'Rank'>;
/** The tenant's row id. */
export type WorkspaceId = Branded<number, 'WorkspaceId'>;
/** An action's id: a UUIDv7, so ids sort by time. */
export type ActionId = Branded<string, 'ActionId'>;

const idMax = Number.MAX_SAFE_INTEGER;

export function isRobloxId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= idMax;
}

function robloxId<T extends number>(value: number, what: string): T {
  if (!isRobloxId(value)) throw new RangeError(`${what} must be an integer from 1 to ${idMax}, not ${value}`);
  return value as T;
}

export const userId = (value: number): UserId => robloxId<UserId>(value, 'a user id');
export const groupId = (value: number): GroupId => robloxId<GroupId>(value, 'a group id');
export const roleId = (value: number): RoleId => robloxId<RoleId>(value, 'a role id');

export function rank(value: number): Rank {
  if (!Number.isInteger(value) || value < 0 || value > 255) throw new RangeError(`a rank is 0 to 255, not ${value}`);
  return value as Rank;
}

export const guestRank = rank(0);
export const baseRank = rank(1);
export const ownerRank = rank(255);
