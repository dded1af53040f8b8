/** The objects Roblox's answers are made of, as roblox-api.md writes them down (section in brackets). */
import { either, type Shape } from './shapes.ts';

const textOrNull = either('string', 'null');

// The cookie family [10.8, 10.10]

export const page = (entry: Shape): Shape => ({
  previousPageCursor: textOrNull,
  nextPageCursor: textOrNull,
  data: [entry],
});

export const user: Shape = {
  userId: 'number',
  username: 'string',
  displayName: 'string',
  hasVerifiedBadge: 'boolean',
  // A number from 0 to 4; real answers have also sent a word, or nothing.
  'buildersClubMembershipType?': either('number', 'string'),
};
/** users.roblox.com says `id` and `name`. */
export const account = { hasVerifiedBadge: 'boolean', id: 'number', name: 'string', displayName: 'string' } as const;

export const role = {
  id: 'number',
  name: 'string',
  'description?': textOrNull,
  rank: 'number',
  memberCount: 'number',
  'isBase?': 'boolean',
  'color?': 'number',
} as const;

export const shout: Shape = { body: 'string', poster: user, created: 'time', updated: 'time' };

/** Of a group that has an owner and a shout. [11.1] */
export const group: Shape = {
  id: 'number',
  name: 'string',
  description: 'string',
  owner: user,
  shout,
  memberCount: 'number',
  isBuildersClubOnly: 'boolean',
  publicEntryAllowed: 'boolean',
  'isLocked?': 'boolean',
  hasVerifiedBadge: 'boolean',
  hasSocialModules: 'boolean',
  'communityTier?': 'anything',
};

export const ban: Shape = { user, actingUser: { user, role }, created: 'time' };
export const joinRequest: Shape = { requester: user, created: 'time' };

/** [6]; the keys of `description` are those of a rank change. */
export const rankChangeEntry: Shape = {
  actor: { user, role },
  actionType: /^[A-Z][a-z]+( [A-Z][a-z]+)*$/,
  description: {
    TargetId: 'number',
    TargetName: 'string',
    TargetDisplayName: 'string',
    OldRoleSetId: 'number',
    OldRoleSetName: 'string',
    NewRoleSetId: 'number',
    NewRoleSetName: 'string',
  },
  created: 'time',
};

/** [6] */
export const settings: Shape = {
  isApprovalRequired: 'boolean',
  isBuildersClubRequired: 'boolean',
  areEnemiesAllowed: 'boolean',
  areGroupFundsVisible: 'boolean',
  areGroupGamesVisible: 'boolean',
  isGroupNameChangeEnabled: 'boolean',
  verificationLevel: 'number',
  accountTenureRequirement: 'number',
  slowmode: 'number',
  isMemberListVisibleToPublic: 'boolean',
  isAutoAssignRoleDisabled: either('boolean', 'null'),
  // What is in it is not written down anywhere, so it is not demanded.
  'communityTier?': 'anything',
};

const someBooleans: Shape = { '…': 'anything' };
/** [11.10] */
export const permissionGroups: Shape = {
  groupPostsPermissions: { viewStatus: 'boolean', postToStatus: 'boolean', '…': 'anything' },
  groupForumsPermissions: someBooleans,
  groupContentModerationPermissions: someBooleans,
  groupMembershipPermissions: {
    changeRank: 'boolean',
    inviteMembers: 'boolean',
    removeMembers: 'boolean',
    banMembers: 'boolean',
  },
  groupManagementPermissions: {
    manageRelationships: 'boolean',
    manageClan: 'boolean',
    viewAuditLogs: 'boolean',
    bypassSlowmode: 'boolean',
    viewCommunityAnalytics: 'boolean',
  },
  groupEconomyPermissions: someBooleans,
  groupOpenCloudPermissions: { useCloudAuthentication: 'boolean', administerCloudAuthentication: 'boolean' },
};

/** [12.3] */
export const image: Shape = {
  targetId: 'number',
  state: /^(Completed|Pending|InReview|Blocked|Error|TemporarilyUnavailable)$/,
  imageUrl: textOrNull,
  'version?': 'string',
};

// Open Cloud

export const cloudPage = (name: string, entry: Shape): Shape => ({ [name]: [entry], 'nextPageToken?': 'string' });

const userPath = /^users\/[1-9]\d*$/;
const rolePath = /^groups\/[1-9]\d*\/roles\/[1-9]\d*$/;

/** Of a group that somebody owns. [4.1] */
export const cloudGroup: Shape = {
  path: /^groups\/[1-9]\d*$/,
  createTime: 'time',
  updateTime: 'time',
  id: 'decimal',
  displayName: 'string',
  description: 'string',
  owner: userPath,
  memberCount: 'number',
  publicEntryAllowed: 'boolean',
  locked: 'boolean',
  verified: 'boolean',
};

/** [4.2], in the order of the document */
const cloudPermissions =
  `viewWallPosts createWallPosts deleteWallPosts viewGroupShout createGroupShout changeRank acceptRequests exileMembers
  manageRelationships viewAuditLog spendGroupFunds advertiseGroup createAvatarItems manageAvatarItems manageGroupUniverses
  viewUniverseAnalytics createApiKeys manageApiKeys banMembers viewForums manageCategories createPosts lockPosts pinPosts
  removePosts createComments removeComments manageBlockedWords viewBlockedWords bypassSlowMode`.split(/\s+/);
const permissions: Shape = Object.fromEntries(cloudPermissions.map((name) => [name, 'boolean']));

/** To anybody. Permissions are those of guests, or of a role one holds. */
export const cloudRole = {
  path: rolePath,
  id: 'decimal',
  displayName: 'string',
  rank: 'number',
  // Absent on the guest role.
  'memberCount?': 'number',
  'permissions?': permissions,
} as const;
/** To the owner of the group. */
export const cloudRoleToOwner: Shape = {
  path: rolePath,
  id: 'decimal',
  displayName: 'string',
  rank: 'number',
  'memberCount?': 'number',
  description: 'string',
  createTime: 'time',
  updateTime: 'time',
  permissions,
};

/** [4.3] */
export const membership: Shape = {
  path: /^groups\/[1-9]\d*\/memberships\/[\w-]+$/,
  createTime: 'time',
  updateTime: 'time',
  user: userPath,
  role: rolePath,
  roles: [rolePath],
};

/** [4.6] */
export const cloudJoinRequest: Shape = {
  path: /^groups\/[1-9]\d*\/join-requests\/[1-9]\d*$/,
  createTime: 'time',
  user: userPath,
};

/** [5.1]; two more fields need scopes that these keys do not have. */
export const cloudUser: Shape = {
  path: userPath,
  createTime: 'time',
  id: 'decimal',
  name: 'string',
  displayName: 'string',
  about: 'string',
  locale: 'string',
  premium: 'boolean',
};

/** [5.3]; `addTime` is not filled for passes. */
export const ownedPass: Shape = {
  path: /^users\/[1-9]\d*\/inventory-items\/[\w-]+$/,
  gamePassDetails: { gamePassId: 'decimal' },
};

/** [7] */
export const keyDescription: Shape = {
  name: 'string',
  authorizedUserId: 'number',
  scopes: [
    {
      name: 'string',
      operations: either(['string'], 'null'),
      'userIds?': ['string'],
      'groupIds?': ['string'],
      'universeIds?': ['string'],
      'universeDatastores?': [{ universeId: 'string', datastoreName: 'string' }],
    },
  ],
  enabled: 'boolean',
  expired: 'boolean',
  expirationTimeUtc: textOrNull,
};

// Refusals [3.5, 10.2]

/** The cookie family's, and that of the gateway in front of Open Cloud. */
export const legacyRefusal: Shape = { errors: [{ code: 'number', message: 'string', 'userFacingMessage?': 'string' }] };
export const cloudRefusal: Shape = { code: /^[A-Z_]+$/, message: 'string', 'details?': ['anything'] };
