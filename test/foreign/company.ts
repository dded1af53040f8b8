/** The world these clients are let loose on: one group that has a bit of everything, and the bot that acts in it. */
import { type Emulator, startEmulator } from '../../src/emulator/emulator.ts';
import type { SeedInput } from '../../src/emulator/seed.ts';

export const groupId = 9001;
export const roleId = {
  guest: 9_001_000,
  base: 9_001_001,
  visitor: 9_001_101,
  private: 9_001_110,
  sergeant: 9_001_120,
  captain: 9_001_130,
  bot: 9_001_200,
  owner: 9_001_255,
} as const;
export const userId = {
  owner: 1,
  bot: 1000,
  visitor: 2001,
  private: 2002,
  captain: 2003,
  peer: 2004,
  /** Only the base role. */
  plain: 2005,
  waiting: 3001,
  alsoWaiting: 3002,
  thirdWaiting: 3003,
  banned: 3004,
  stranger: 3005,
  secretive: 3006,
} as const;
export const passId = 777_001;

/** With the words every real cookie begins with; clients look for them. */
export const cookie = '_|WARNING:-DO-NOT-SHARE-THIS.|_cookie-of-the-bot';
export const ownerCookie = '_|WARNING:-DO-NOT-SHARE-THIS.|_cookie-of-the-owner';
export const strangerCookie = '_|WARNING:-DO-NOT-SHARE-THIS.|_cookie-of-a-stranger';
export const apiKey = 'open-cloud-key-of-the-bot';
export const ownerKey = 'open-cloud-key-of-the-owner';
export const readOnlyKey = 'open-cloud-key-that-only-reads';

type Group = NonNullable<SeedInput['groups']>[number];

const bot: Group['roles'][number]['permissions'] = [
  'changeRank',
  'acceptRequests',
  'exileMembers',
  'banMembers',
  'createGroupShout',
  'viewGroupShout',
  'viewAuditLog',
];
/** Enough for a second page of a hundred. */
const crowdIds = Array.from({ length: 120 }, (_, index) => 5001 + index);
/** With these there are two pages of roles in Open Cloud, whose pages hold 20. */
const ladder = Array.from({ length: 25 }, (_, index) => ({
  id: 9_001_140 + index,
  name: `Major ${index + 1}`,
  rank: 40 + index,
}));

export const rolesTotal = 8 + ladder.length;
export const crowdSize = crowdIds.length;

function company(): SeedInput {
  const named = Object.entries(userId).map(([name, id]) => ({ id, name: `${name}_user`, displayName: `The ${name}` }));
  return {
    users: [
      ...named.map((user) => {
        if (user.id === userId.private) return { ...user, passIds: [passId], formerNames: ['once_called'] };
        return user.id === userId.secretive ? { ...user, inventory: 'private' as const } : user;
      }),
      ...crowdIds.map((id) => ({ id, name: `crowd_${id}` })),
    ],
    groups: [
      {
        id: groupId,
        name: 'Company',
        description: 'A company.',
        ownerId: userId.owner,
        publicEntry: false,
        roles: [
          { id: roleId.guest, name: 'Guest', rank: 0, permissions: ['viewGroupShout'] },
          { id: roleId.base, name: 'Member', rank: 1, isBase: true },
          { id: roleId.visitor, name: 'Visitor', rank: 1 },
          { id: roleId.private, name: 'Private', rank: 10 },
          { id: roleId.sergeant, name: 'Sergeant', rank: 20 },
          { id: roleId.captain, name: 'Captain', rank: 30 },
          ...ladder,
          { id: roleId.bot, name: 'Bot', rank: 200, permissions: bot },
          { id: roleId.owner, name: 'Owner', rank: 255 },
        ],
        members: [
          { userId: userId.owner },
          { userId: userId.bot, roleIds: [roleId.bot] },
          { userId: userId.peer, roleIds: [roleId.bot] },
          { userId: userId.visitor, roleIds: [roleId.visitor] },
          { userId: userId.private, roleIds: [roleId.private] },
          { userId: userId.captain, roleIds: [roleId.captain] },
          { userId: userId.plain },
          ...crowdIds.map((id) => ({ userId: id, roleIds: [roleId.visitor] })),
        ],
        joinRequests: [{ userId: userId.waiting }, { userId: userId.alsoWaiting }, { userId: userId.thirdWaiting }],
        bans: [{ userId: userId.banned, actingUserId: userId.owner }],
        shout: { body: 'Welcome aboard', posterId: userId.owner },
      },
    ],
    passes: [{ id: passId, name: 'VIP' }],
    sessions: [
      { cookie, userId: userId.bot },
      { cookie: ownerCookie, userId: userId.owner },
      { cookie: strangerCookie, userId: userId.stranger },
    ],
    keys: [
      { key: apiKey, name: 'Ranking', ownerId: userId.bot },
      { key: ownerKey, ownerId: userId.owner },
      { key: readOnlyKey, ownerId: userId.bot, scopes: ['group:read'] },
    ],
  };
}

const running: Emulator[] = [];

export async function emulateCompany(): Promise<Emulator> {
  const emulator = await startEmulator({ seed: company() });
  running.push(emulator);
  return emulator;
}

/** Give it to `afterEach`. */
export async function closeEmulators(): Promise<void> {
  await Promise.all(running.splice(0).map((emulator) => emulator.close()));
}

/** The roles somebody holds besides the base role, sorted; null for who is not a member. */
export function heldRoles(emulator: Emulator, user: number): number[] | null {
  const held = emulator.world.groups.get(groupId)?.members.get(user)?.roleIds;
  return held === undefined ? null : [...held].filter((id) => id !== roleId.base).sort((a, b) => a - b);
}
