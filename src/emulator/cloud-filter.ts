/** The small part of CEL that Open Cloud's `filter` understands (roblox-api.md 3.3 and 4.3). */
import { cloudRefusal } from './answer.ts';

export type MembershipFilter =
  | { readonly kind: 'all' }
  | { readonly kind: 'users'; readonly userIds: readonly number[]; readonly isList: boolean }
  | { readonly kind: 'role'; readonly groupId: number; readonly roleId: number };

const usersMax = 50;

export function membershipFilter(text: string | null): MembershipFilter {
  if (text === null || text.trim() === '') return { kind: 'all' };
  const equals = /^\s*(user|role)\s*==\s*'([^']*)'\s*$/.exec(text);
  if (equals?.[1] === 'user') return { kind: 'users', userIds: [userIn(equals[2] ?? '', text)], isList: false };
  if (equals?.[1] === 'role') {
    const role = /^groups\/(\d+)\/roles\/(\d+)$/.exec(equals[2] ?? '');
    if (role === null) throw badFilter(text);
    return { kind: 'role', groupId: Number(role[1]), roleId: Number(role[2]) };
  }
  const list = /^\s*user\s+in\s*\[(.*)\]\s*$/.exec(text)?.[1];
  if (list === undefined) throw badFilter(text);
  const userIds = list.split(',').map((item) => {
    const literal = /^\s*'([^']*)'\s*$/.exec(item)?.[1];
    if (literal === undefined) throw badFilter(text);
    return userIn(literal, text);
  });
  if (userIds.length > usersMax) throw cloudRefusal('INVALID_ARGUMENT', `A filter may name at most ${usersMax} users.`);
  return { kind: 'users', userIds, isList: true };
}

/** Join requests know `user ==` only. */
export function joinRequestFilter(text: string | null): number | null {
  const filter = membershipFilter(text);
  if (filter.kind === 'all') return null;
  const [userId] = filter.kind === 'users' && !filter.isList ? filter.userIds : [];
  if (userId === undefined) throw badFilter(text ?? '');
  return userId;
}

/** Inventory filters are no CEL: `gamePassIds=1,2` or `gamePasses=true`, joined by `;`. Null: no passes are asked for. */
export function passFilter(text: string | null): { readonly ids: readonly number[] | 'all' } | null {
  if (text === null || text === '') return { ids: 'all' };
  const fields = text.split(';').map((item) => item.split('=').map((part) => part.trim()));
  const names = fields.map(([name]) => name ?? '');
  const isIdField = (name: string) => ['assetIds', 'badgeIds', 'gamePassIds', 'privateServerIds'].includes(name);
  const isTypeField = (name: string) =>
    ['badges', 'gamePasses', 'privateServers', 'onlyCollectibles', 'inventoryItemAssetTypes'].includes(name);
  if (!names.every((name) => isIdField(name) || isTypeField(name))) throw badFilter(text);
  if (names.some(isIdField) && names.some(isTypeField)) {
    throw cloudRefusal('INVALID_ARGUMENT', 'ID fields and type fields cannot be mixed in one filter.');
  }
  const ids = fields.find(([name]) => name === 'gamePassIds')?.[1];
  if (ids !== undefined) {
    if (!/^\d+(,\d+)*$/.test(ids)) throw badFilter(text);
    return { ids: ids.split(',').map(Number) };
  }
  return fields.some(([name, value]) => name === 'gamePasses' && value === 'true') ? { ids: 'all' } : null;
}

function userIn(path: string, filter: string): number {
  const id = /^users\/(\d+)$/.exec(path)?.[1];
  if (id === undefined) throw badFilter(filter);
  return Number(id);
}

const badFilter = (text: string) => cloudRefusal('INVALID_ARGUMENT', `Invalid filter: ${text}`);
