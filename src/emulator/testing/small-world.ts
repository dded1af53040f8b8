/** For the tests of this folder: a world small enough to be read at a glance. */
import type { SeedInput } from '../seed.ts';

export const groupId = 50;
/** Ranks 0, 1 (base), 1, 10, 20, 30, 40 (bots), 255. Every role id is far from every rank. */
export const roleId = {
  guest: 50_000,
  base: 50_001,
  visitor: 50_101,
  private: 50_110,
  sergeant: 50_120,
  captain: 50_130,
  bot: 50_140,
  owner: 50_255,
} as const;
export const userId = {
  owner: 1,
  bot: 2,
  twin: 3,
  visitor: 11,
  private: 12,
  captain: 13,
  stranger: 14,
  waiting: 15,
} as const;
export const cookie = '_|warning|_bot';
export const apiKey = 'key-of-the-bot';

const botPermissions: NonNullable<NonNullable<SeedInput['groups']>[number]['roles'][number]['permissions']> = [
  'changeRank',
  'acceptRequests',
  'exileMembers',
  'banMembers',
  'createGroupShout',
  'viewGroupShout',
  'viewAuditLog',
];

export function smallSeed(): SeedInput & { groups: NonNullable<SeedInput['groups']> } {
  return {
    users: Object.entries(userId).map(([name, id]) => ({ id, name: `${name}_user` })),
    groups: [
      {
        id: groupId,
        name: 'Tests',
        ownerId: userId.owner,
        publicEntry: false,
        roles: [
          { id: roleId.guest, name: 'Guest', rank: 0 },
          { id: roleId.base, name: 'Member', rank: 1, isBase: true },
          { id: roleId.visitor, name: 'Visitor', rank: 1 },
          { id: roleId.private, name: 'Private', rank: 10 },
          { id: roleId.sergeant, name: 'Sergeant', rank: 20 },
          { id: roleId.captain, name: 'Captain', rank: 30 },
          { id: roleId.bot, name: 'Bot', rank: 40, permissions: botPermissions },
          { id: roleId.owner, name: 'Owner', rank: 255 },
        ],
        members: [
          { userId: userId.owner },
          { userId: userId.bot, roleIds: [roleId.bot] },
          { userId: userId.twin, roleIds: [roleId.bot] },
          { userId: userId.visitor, roleIds: [roleId.visitor] },
          { userId: userId.private, roleIds: [roleId.private] },
          { userId: userId.captain, roleIds: [roleId.captain] },
        ],
        joinRequests: [{ userId: userId.waiting }],
      },
    ],
    sessions: [{ cookie, userId: userId.bot }],
    keys: [{ key: apiKey, ownerId: userId.bot }],
  };
}

export const rolePath = (role: number) => `groups/${groupId}/roles/${role}`;
