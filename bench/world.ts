/**
 * What is played and asked: two groups with many members (one ranked with a cookie, one with an Open Cloud key), a
 * workspace for each, and the requests of a game server.
 */
import type { Ask } from './load.ts';

export const cookieGroup = 8001;
export const cloudGroup = 8002;
const ownerId = 1;
const botId = 1000;
export const botCookie =
  '_|WARNING:-DO-NOT-SHARE-THIS.--Sharing-this-will-allow-someone-to-log-in-as-you-and-to-steal-your-ROBUX-and-items.|_bench-cookie';
export const botKey = 'bench-open-cloud-key';

const ladderRanks = [10, 20, 30, 40, 50, 60, 70, 80];
const roleId = (group: number, rung: number) => group * 1000 + 110 + rung;
const botRole = (group: number) => group * 1000 + 250;

/** Nobody ranks anybody else's members: a rank change that finds its work already done would be cheaper. */
export type Crew = { readonly firstId: number; readonly size: number };
export const brevetCrew: Crew = { firstId: 3001, size: 1000 };
export const bareCrew: Crew = { firstId: 5001, size: 1000 };
export const directCrew: Crew = { firstId: 7001, size: 200 };
/** Whoever a server ranks first, to know roles, bot and CSRF token by then. */
export const warmUpCrew: Crew = { firstId: 9001, size: 1 };
const idsOf = ({ firstId, size }: Crew) => Array.from({ length: size }, (_, index) => firstId + index);
const memberIds = [brevetCrew, bareCrew, directCrew, warmUpCrew].flatMap(idsOf);

function group(id: number) {
  return {
    id,
    name: `Bench ${id}`,
    ownerId,
    roles: [
      { id: id * 1000, name: 'Guest', rank: 0 },
      { id: id * 1000 + 1, name: 'Member', rank: 1, isBase: true },
      ...ladderRanks.map((rank, rung) => ({ id: roleId(id, rung), name: `Rank ${rank}`, rank })),
      { id: botRole(id), name: 'Bot', rank: 250, permissions: ['changeRank', 'acceptRequests', 'exileMembers'] },
      { id: id * 1000 + 255, name: 'Owner', rank: 255 },
    ],
    members: [
      { userId: ownerId },
      { userId: botId, roleIds: [botRole(id)] },
      ...memberIds.map((userId) => ({ userId, roleIds: [roleId(id, 0)] })),
    ],
  };
}

/** The emulator's seed; limits are off until a row switches them on. */
export const seed = {
  users: [
    { id: ownerId, name: 'owner' },
    { id: botId, name: 'bot' },
    ...memberIds.map((id) => ({ id, name: `member_${id}` })),
  ],
  groups: [group(cookieGroup), group(cloudGroup)],
  sessions: [{ cookie: botCookie, userId: botId }],
  keys: [{ key: botKey, ownerId: botId }],
  limits: { isEnabled: false },
};

/** A game server sends at most 1,200 requests a minute with one key, so there are many. */
const keysPerWorkspace = 64;
const weskKey = (slug: string, index: number) => `wesk_bench-${slug}-${String(index).padStart(4, '0')}-0123456789`;

function workspaceDocument(slug: string, groupId: number, credential: object) {
  return {
    workspace: { slug, name: `Bench ${slug}`, plan: 'max' },
    credential,
    groups: [{ id: groupId, main: true, ladder: ladderRanks.map((_, rung) => roleId(groupId, rung)) }],
    keys: Array.from({ length: keysPerWorkspace }, (_, index) => ({
      dialect: 'wesk',
      value: weskKey(slug, index),
      label: `Server ${index}`,
      groupId,
    })),
  };
}

const slugs = { [cookieGroup]: 'cookie', [cloudGroup]: 'cloud' } as const;
export type BenchGroup = keyof typeof slugs;
export const workspaceDocuments = [
  workspaceDocument(slugs[cookieGroup], cookieGroup, { kind: 'cookie', value: botCookie }),
  workspaceDocument(slugs[cloudGroup], cloudGroup, { kind: 'openCloud', value: botKey }),
];

/**
 * Set-ranks that each change something: everybody climbs one rung, then everybody the next. `crew.size * 7` of them fit
 * before somebody is sent down again.
 */
export class Climb {
  readonly #crew: Crew;
  #count = 0;

  constructor(crew: Crew) {
    this.#crew = crew;
  }

  next(): { userId: number; rung: number; rank: number } {
    const { firstId, size } = this.#crew;
    const rung = (Math.floor(this.#count / size) + 1) % ladderRanks.length;
    const userId = firstId + (this.#count % size);
    this.#count += 1;
    return { userId, rung, rank: ladderRanks[rung] ?? 0 };
  }
}

let asked = 0;
const nextKey = (group: BenchGroup) => weskKey(slugs[group], asked++ % keysPerWorkspace);

export function setRank(group: BenchGroup, userId: number, rank: number): Ask {
  return {
    method: 'POST',
    path: `/v1/groups/${group}/rank`,
    headers: { 'x-api-key': nextKey(group), 'content-type': 'application/json' },
    body: JSON.stringify({ robloxUserId: userId, rankId: rank }),
  };
}

export function getRank(group: BenchGroup, userId: number): Ask {
  return { method: 'GET', path: `/v1/groups/${group}/rank/${userId}`, headers: { 'x-api-key': nextKey(group) } };
}

export const roleIdAt = roleId;
export const lowestRank = ladderRanks[0] ?? 0;
export const highestRank = ladderRanks.at(-1) ?? 0;
