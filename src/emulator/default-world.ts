/**
 * The world that is played without a seed: an airline with its ladder, side roles, members, join requests and passes, a
 * second group whose roles fill two pages, and a bot with a cookie and a key. The same every time.
 */
import type { SeedInput } from './seed.ts';
import type { Permission } from './world.ts';

const ownerId = 1;
const botId = 1000;
const airlineId = 7001;
const groundId = 7003;

const botPermissions: Permission[] = [
  'viewGroupShout',
  'createGroupShout',
  'changeRank',
  'acceptRequests',
  'exileMembers',
  'banMembers',
  'viewAuditLog',
];
const memberPermissions: Permission[] = ['viewWallPosts', 'viewGroupShout', 'viewForums'];

/** Role ids are the group's id, then 100 and upwards: large numbers that nobody takes for ranks. */
const airlineRole = (index: number) => airlineId * 1000 + 100 + index;
const groundRole = (index: number) => groundId * 1000 + 100 + index;

const passenger = airlineRole(2);
const trainee = airlineRole(3);
const cabinCrew = airlineRole(4);
const donator = airlineRole(5);
const firstOfficer = airlineRole(6);
const captain = airlineRole(7);
const eventTeam = airlineRole(8);
const supervisor = airlineRole(9);
const rankingBot = airlineRole(10);

type SeedGroup = NonNullable<SeedInput['groups']>[number];

const airlineRoles: SeedGroup['roles'] = [
  { id: airlineRole(0), name: 'Guest', rank: 0, permissions: memberPermissions },
  { id: airlineRole(1), name: 'Member', rank: 1, isBase: true },
  // The group is older than base roles, so its lowest role kept rank 1: two roles with one rank.
  { id: passenger, name: 'Passenger', rank: 1, permissions: memberPermissions },
  { id: trainee, name: 'Trainee', rank: 3, permissions: memberPermissions },
  { id: cabinCrew, name: 'Cabin Crew', rank: 5, permissions: memberPermissions },
  { id: donator, name: 'Donator', rank: 7, permissions: memberPermissions },
  { id: firstOfficer, name: 'First Officer', rank: 10, permissions: memberPermissions },
  { id: captain, name: 'Captain', rank: 20, permissions: memberPermissions },
  { id: eventTeam, name: 'Event Team', rank: 30, permissions: memberPermissions },
  { id: supervisor, name: 'Supervisor', rank: 100, permissions: [...memberPermissions, 'acceptRequests'] },
  { id: rankingBot, name: 'Ranking Bot', rank: 250, permissions: botPermissions },
  { id: airlineRole(11), name: 'Owner', rank: 255 },
];

const firstNames = ['Avery', 'Blake', 'Casey', 'Devon', 'Ellis', 'Frankie', 'Gray', 'Harper', 'Indigo', 'Jules'];
const lastNames = ['Ash', 'Brook', 'Cole', 'Dale', 'East', 'Ford'];

/** Fifty-eight members with made-up names; the last two have the ids that trip clients up. */
const crewIds = [...Array.from({ length: 56 }, (_, index) => 2001 + index), 2666, 8_123_456_789];
const applicantIds = [3001, 3002, 3003, 3004, 3005, 3006];

function nameOf(index: number): string {
  const first = firstNames[index % firstNames.length] ?? '';
  const last = lastNames[Math.floor(index / firstNames.length) % lastNames.length] ?? '';
  return `${first}_${last}`;
}

/** Ladder roles in falling numbers, as in a real group. */
function ladderRole(index: number): number {
  if (index < 20) return passenger;
  if (index < 32) return trainee;
  if (index < 42) return cabinCrew;
  if (index < 50) return firstOfficer;
  return index < 54 ? captain : supervisor;
}

/** One ladder role each; some hold side roles too, above and below it; one holds two ladder roles. */
function rolesOf(index: number): number[] {
  const roles = [ladderRole(index)];
  if (index % 9 === 4) roles.push(donator);
  if (index % 13 === 6) roles.push(eventTeam);
  if (index === 35) roles.push(trainee);
  return roles;
}

const joinedOn = (index: number) => new Date(Date.UTC(2025, 1, 1 + index, 12)).toISOString();

/** Thirty-eight roles: an Open Cloud page holds twenty. */
function groundRoles(): SeedGroup['roles'] {
  const grades = Array.from({ length: 34 }, (_, index) => ({
    id: groundRole(2 + index),
    name: `Grade ${index + 1}`,
    rank: 2 + index * 6,
    permissions: memberPermissions,
  }));
  return [
    { id: groundRole(0), name: 'Guest', rank: 0, permissions: memberPermissions },
    { id: groundRole(1), name: 'Member', rank: 1, isBase: true },
    ...grades,
    { id: groundRole(36), name: 'Ranking Bot', rank: 250, permissions: botPermissions },
    { id: groundRole(37), name: 'Owner', rank: 255 },
  ];
}

export function defaultSeed(): SeedInput {
  return {
    users: [
      { id: ownerId, name: 'owner', displayName: 'Owner' },
      { id: botId, name: 'AcmeRankBot', displayName: 'Acme Rank Bot' },
      ...crewIds.map((id, index) => ({
        id,
        name: nameOf(index),
        ...(index === 3 ? { formerNames: ['Old_Devon'] } : {}),
        ...(index % 4 === 0 ? { passIds: [777001] } : {}),
        ...(index % 10 === 9 ? { inventory: 'private' as const } : {}),
      })),
      ...applicantIds.map((id) => ({ id, name: `Applicant_${id}` })),
      { id: 4001, name: 'Stranger_4001' },
    ],
    groups: [
      {
        id: airlineId,
        name: 'Acme Airways',
        description: 'We fly where you want to go.',
        ownerId,
        publicEntry: false,
        lastPageToken: 'empty',
        roles: airlineRoles,
        members: [
          { userId: ownerId },
          { userId: botId, roleIds: [rankingBot] },
          ...crewIds.map((userId, index) => ({ userId, roleIds: rolesOf(index), joined: joinedOn(index) })),
        ],
        joinRequests: applicantIds.map((userId, index) => ({ userId, created: joinedOn(60 + index) })),
        shout: { body: 'Boarding starts at gate 4.', posterId: botId },
      },
      {
        id: groundId,
        name: 'Acme Ground Services',
        description: 'Everything that happens before take-off.',
        ownerId,
        publicEntry: true,
        lastPageToken: 'absent',
        roles: groundRoles(),
        members: [
          { userId: ownerId },
          { userId: botId, roleIds: [groundRole(36)] },
          ...crewIds.slice(0, 24).map((userId, index) => ({
            userId,
            roleIds: [groundRole(2 + index)],
            joined: joinedOn(index),
          })),
        ],
      },
    ],
    passes: [
      { id: 777001, name: 'Priority Boarding' },
      { id: 777002, name: 'First Class' },
    ],
    sessions: [
      {
        cookie:
          '_|WARNING:-DO-NOT-SHARE-THIS.--Sharing-this-will-allow-someone-to-log-in-as-you-and-to-steal-your-ROBUX-and-items.|_emulator-bot-cookie',
        userId: botId,
      },
    ],
    keys: [{ key: 'emulator-bot-open-cloud-key', name: 'Acme Rank Bot', ownerId: botId }],
  };
}
