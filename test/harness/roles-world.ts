/** A group to try every shape of membership in: a ladder, side roles above and below, two roles of rank 1, a bot. */
import { openCloudKey } from './brevet.ts';

export const group = 8001;
export const role = {
  base: 8_001_001,
  visitor: 8_001_101,
  sideLow: 8_001_105,
  private: 8_001_110,
  sergeant: 8_001_120,
  captain: 8_001_130,
  major: 8_001_140,
  sideHigh: 8_001_150,
  general: 8_001_180,
  bot: 8_001_200,
} as const;
const rankOf = {
  visitor: 1,
  sideLow: 5,
  private: 10,
  sergeant: 20,
  captain: 30,
  major: 40,
  sideHigh: 50,
  general: 80,
  bot: 200,
} as const;
const ladder = [role.visitor, role.private, role.sergeant, role.captain, role.major, role.general];
const bot = 1000;
const cookie = '_|WARNING|_roles-world-cookie';

/** `members`: user id → role ids besides the base role. */
export function rolesWorld(members: Readonly<Record<number, readonly number[]>>, behaviour: object = {}): object {
  const ranks: Record<string, number> = rankOf;
  const ids: Record<string, number> = role;
  return {
    users: [1, bot, ...Object.keys(members).map(Number)].map((id) => ({ id, name: `user_${id}` })),
    groups: [
      {
        id: group,
        name: 'Roles',
        ownerId: 1,
        roles: [
          { id: role.base, name: 'Member', rank: 1, isBase: true },
          ...Object.entries(ranks).map(([name, rank]) => ({
            id: ids[name],
            name,
            rank,
            permissions: name === 'bot' ? ['changeRank', 'acceptRequests', 'exileMembers'] : [],
          })),
        ],
        members: [
          { userId: 1 },
          { userId: bot, roleIds: [role.bot] },
          ...Object.entries(members).map(([userId, roleIds]) => ({ userId: Number(userId), roleIds })),
        ],
      },
    ],
    sessions: [{ cookie, userId: bot }],
    keys: [{ key: openCloudKey, ownerId: bot }],
    behaviour,
  };
}

/** The workspace over it. `by`: which credential. `confirmed`: whether the owner has said what the ladder is. */
export function rolesDocument(by: 'openCloud' | 'cookie', confirmed: boolean, key: string): object {
  return {
    workspace: { slug: 'roles', name: 'Roles', plan: 'max' },
    credential: { kind: by, value: by === 'cookie' ? cookie : openCloudKey },
    groups: [{ id: group, main: true, ladder: confirmed ? ladder : null }],
    keys: [{ dialect: 'wesk', value: key, label: 'Roles', groupId: group }],
    rules: [
      { groupId: group, kind: 'promote', fromRank: 10, toRank: 20, enabled: true, order: 1 },
      { groupId: group, kind: 'promote', fromRank: 20, toRank: 30, enabled: true, order: 2 },
      { groupId: group, kind: 'promote', fromRank: 30, toRank: 40, enabled: true, order: 3 },
      { groupId: group, kind: 'demote', fromRank: 30, toRank: 20, enabled: true, order: 1 },
    ],
  };
}
