/** users.roblox.com, inventory.roblox.com and thumbnails.roblox.com (roblox-api.md 12). */
import { type Answer, legacyRefusal, ok } from './answer.ts';
import { actorOf, type Call, fieldOf, type Handler, idIn } from './call.ts';
import { imageSizes, imageUrl } from './images.ts';
import { idsIn } from './legacy-groups.ts';
import { legacyTarget, shownAccount } from './legacy-objects.ts';
import { legacyPage } from './legacy-paging.ts';
import type { User } from './world.ts';

const lookupMax = 100;

const getAuthenticatedUser: Handler = (call): Answer => {
  const user = call.world.users.get(actorOf(call));
  if (user === undefined) throw legacyRefusal(401, 0, 'Authorization has been denied for this request.');
  return ok({ id: user.id, name: user.name, displayName: user.displayName });
};

const getUser: Handler = (call): Answer => {
  const user = call.world.users.get(idIn(call.params['userId']) ?? 0);
  if (user === undefined) throw legacyRefusal(404, 3, 'The user id is invalid.');
  return ok({
    description: user.description,
    created: user.created,
    isBanned: user.isBanned,
    externalAppDisplayName: null,
    ...shownAccount(user),
  });
};

/** Unknown ids are dropped in silence. */
const listUsers: Handler = (call): Answer => {
  const ids = listIn(call, 'userIds', 1);
  const found = [...new Set(ids)].flatMap((id) => call.world.users.get(Number(id)) ?? []);
  return ok({ data: found.filter(wanted(call)).map(shownAccount) });
};

/** Case does not matter, and former names find their account too. */
const findUsernames: Handler = (call): Answer => {
  const names = listIn(call, 'usernames', 2).filter((name) => typeof name === 'string');
  const users = [...call.world.users.values()].filter(wanted(call));
  const data = [...new Set(names)].flatMap((requested) => {
    const name = requested.toLowerCase();
    const user =
      users.find((candidate) => candidate.name.toLowerCase() === name) ??
      users.find((candidate) => candidate.formerNames.some((former) => former.toLowerCase() === name));
    return user === undefined ? [] : [{ requestedUsername: requested, ...shownAccount(user) }];
  });
  return ok({ data });
};

function listIn(call: Call, field: string, tooMany: number): unknown[] {
  const list = fieldOf(call.body, field);
  if (!Array.isArray(list)) throw legacyRefusal(400, 0, `The field ${field} is missing.`);
  if (list.length > lookupMax) throw legacyRefusal(400, tooMany, `Too many ${field}.`);
  return list;
}

function wanted(call: Call): (user: User) => boolean {
  const excludesBanned = fieldOf(call.body, 'excludeBannedUsers') === true;
  return (user) => !(excludesBanned && user.isBanned);
}

const usernameHistory: Handler = (call): Answer => {
  const user = call.world.users.get(legacyTarget(call));
  const names = (user?.formerNames ?? []).map((name) => ({ name }));
  return ok(legacyPage(call, `${user?.id} names`, names));
};

const isItemOwned: Handler = (call): Answer => ok(ownedPass(call) !== null);

const listOwnedItem: Handler = (call): Answer => {
  const passId = ownedPass(call);
  const pass = passId === null ? undefined : call.world.passes.get(passId);
  const data = pass === undefined ? [] : [{ id: pass.id, name: pass.name, type: 'GamePass', instanceId: null }];
  return ok({ previousPageCursor: null, nextPageCursor: null, data });
};

/** The pass asked about when the user owns it. Only passes are played; other item types are owned by nobody. */
function ownedPass(call: Call): number | null {
  const user = call.world.users.get(legacyTarget(call, 1));
  const type = call.params['itemType'] ?? '';
  if (!/^(Asset|GamePass|Badge|Bundle|Avatar|[0-4])$/i.test(type)) {
    throw legacyRefusal(400, 6, 'The specified item type does not exist.');
  }
  if (!/^(GamePass|1)$/i.test(type)) return null;
  const passId = idIn(call.params['itemId']);
  if (passId === null || !call.world.passes.has(passId)) {
    throw legacyRefusal(400, 5, 'The specified Game Pass does not exist.');
  }
  return user?.passIds.has(passId) ? passId : null;
}

const canViewInventory: Handler = (call): Answer => {
  const user = call.world.users.get(legacyTarget(call, 1));
  return ok({ canView: user?.inventory === 'everyone' || user?.id === call.caller.userId });
};

const listHeadshots: Handler = (call): Answer => {
  const size = sizeOfImages(call);
  return ok({
    data: [...new Set(idsIn(call.query.get('userIds'), 4, 1))].map((id) =>
      image('user', id, size, call.world.users.has(id)),
    ),
  });
};

const listGroupIcons: Handler = (call): Answer => {
  const size = sizeOfImages(call);
  return ok({
    data: [...new Set(idsIn(call.query.get('groupIds'), 4, 1))].map((id) =>
      image('group', id, size, call.world.groups.has(id)),
    ),
  });
};

/** Looks at everything that says what the pictures shall be like. */
function sizeOfImages(call: Call): number {
  if (!/^(Png|Jpeg|Webp)$/i.test(call.query.get('format') ?? 'Png')) {
    throw legacyRefusal(400, 2, 'The requested format is invalid.');
  }
  if (!/^(true|false)$/i.test(call.query.get('isCircular') ?? 'false')) {
    throw legacyRefusal(400, 10, 'The requested shape is invalid.');
  }
  const text = call.query.get('size') ?? '150x150';
  const [width, height] = text.split('x').map(Number);
  if (width === undefined || width !== height || !imageSizes.includes(width)) {
    throw legacyRefusal(400, 3, 'The requested size is invalid.');
  }
  return width;
}

const image = (kind: 'user' | 'group', id: number, size: number, exists: boolean) => ({
  targetId: id,
  state: exists ? 'Completed' : 'Blocked',
  imageUrl: exists ? imageUrl(kind, id, size) : null,
  version: 'TN3',
});

export const legacyUserHandlers = {
  getAuthenticatedUser,
  getUser,
  listUsers,
  findUsernames,
  usernameHistory,
  isItemOwned,
  listOwnedItem,
  canViewInventory,
  listHeadshots,
  listGroupIcons,
};
