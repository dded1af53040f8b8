/** Open Cloud users, their picture, the passes they own, and what a key says about itself (roblox-api.md 5 and 7). */
import { type Answer, cloudRefusal, gatewayRefusal, ok, RefusedByRoblox } from './answer.ts';
import { type Call, fieldOf, type Handler, idIn } from './call.ts';
import { passFilter } from './cloud-filter.ts';
import { userPath } from './cloud-groups.ts';
import { cloudPage, lastTokenOf } from './cloud-paging.ts';
import { isExpired } from './credentials.ts';
import { imageSizes, imageUrl } from './images.ts';
import type { User } from './world.ts';

const inventoryPageMax = 100;

function cloudUser(call: Call): User {
  const id = idIn(call.params['userId']);
  if (id === null) throw cloudRefusal('INVALID_ARGUMENT', `Invalid user id '${call.params['userId']}'.`);
  const user = call.world.users.get(id);
  if (user === undefined) throw cloudRefusal('NOT_FOUND', `User ${id} was not found.`);
  return user;
}

const cloudGetUser: Handler = (call): Answer => {
  const user = cloudUser(call);
  return ok({
    path: userPath(user.id),
    createTime: user.created,
    id: String(user.id),
    name: user.name,
    displayName: user.displayName,
    about: user.description,
    locale: 'en-US',
    premium: false,
  });
};

const cloudGenerateThumbnail: Handler = (call): Answer => {
  const user = cloudUser(call);
  const size = Number(call.query.get('size') ?? 420);
  if (!imageSizes.includes(size)) throw cloudRefusal('INVALID_ARGUMENT', `Invalid size '${call.query.get('size')}'.`);
  return ok({
    path: `${userPath(user.id)}/operations/${user.id}-${size}`,
    done: true,
    response: {
      '@type': 'apis.roblox.com/roblox.open_cloud.cloud.v2.GenerateUserThumbnailResponse',
      imageUri: imageUrl('user', user.id, size),
    },
  });
};

const cloudListInventory: Handler = (call): Answer => {
  const user = cloudUser(call);
  const filter = passFilter(call.query.get('filter'));
  // Asked before anything is looked up: who may not look learns nothing, not even that there is nothing.
  if (user.inventory === 'private' && !mayLookInside(call, user)) {
    throw cloudRefusal('PERMISSION_DENIED', 'The inventory is not visible to the caller.');
  }
  const wanted = filter?.ids ?? [];
  const passIds = wanted === 'all' ? [...user.passIds] : wanted.filter((id) => user.passIds.has(id));
  const { items, ...rest } = cloudPage(call, passIds, inventoryPageMax, lastTokenOf(call, null));
  const inventoryItems = items.map((id) => ({
    path: `${userPath(user.id)}/inventory-items/${Buffer.from(`GAME_PASS_ID=${id}`).toString('base64url')}`,
    gamePassDetails: { gamePassId: String(id) },
  }));
  return ok({ inventoryItems, ...rest });
};

/** A private inventory opens only to its owner's own key or token, with the scope. */
function mayLookInside({ caller }: Call, user: User): boolean {
  if (caller.userId !== user.id) return false;
  const granted = caller.kind === 'key' ? caller.key.scopes : caller.kind === 'token' ? caller.token.scopes : [];
  return granted.includes('user.inventory-item:read');
}

/** Disabled and expired keys still answer; only an unknown one is a 401. */
const introspectKey: Handler = ({ world, body, now }): Answer => {
  const given = fieldOf(body, 'apiKey');
  if (typeof given !== 'string' || given === '') {
    throw new RefusedByRoblox(400, { code: 'INVALID_ARGUMENT', message: 'The field apiKey is missing.' });
  }
  const key = world.keys.find((known) => known.key === given);
  if (key === undefined) throw gatewayRefusal(401, 'Invalid API Key');
  const operations = new Map<string, string[]>();
  for (const scope of key.scopes) {
    const [name = '', operation = ''] = scope.split(':');
    operations.set(name, [...(operations.get(name) ?? []), operation]);
  }
  return ok({
    name: key.name,
    authorizedUserId: key.ownerId,
    scopes: [...operations].map(([name, granted]) => ({
      name,
      operations: granted,
      ...(name === 'group' && key.groupIds !== null ? { groupIds: key.groupIds.map(String) } : {}),
    })),
    enabled: key.isEnabled,
    expired: isExpired(key, now),
    expirationTimeUtc: key.expires,
  });
};

export const cloudUserHandlers = { cloudGetUser, cloudGenerateThumbnail, cloudListInventory, introspectKey };
