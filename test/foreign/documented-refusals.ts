/** What roblox-api.md says is refused, with the status and code it names. Where it names none, or several, so does the row. */
import { groupId, passId, roleId, userId } from './company.ts';
import { none, type Question } from './walk.ts';

export type Refusal = Question & {
  readonly section: string;
  readonly why: string;
  readonly status: number | readonly number[];
  /** Null: the document names the status alone. */
  readonly code: number | string | null;
};

type More = Omit<Partial<Question>, 'call' | 'as'>;
const row = (
  section: string,
  why: string,
  as: Question['as'],
  call: string,
  [status, code]: readonly [Refusal['status'], Refusal['code']],
  more: More = {},
): Refusal => ({ section, why, as, call, status, code, ...more });

const unknownGroup = { where: { G: 4 } };
const unknownUser = { where: { U: 99 } };
const manyIds = Array.from({ length: 101 }, (_, index) => index + 1);

const cloud = 'apis.roblox.com/cloud/v2';
const members = `${cloud}/groups/{G}/memberships`;
const requests = `${cloud}/groups/{G}/join-requests`;
const rolePath = (id: number) => ({ body: { role: `groups/${groupId}/roles/${id}` } });

const openCloud: readonly Refusal[] = [
  row('3.5', 'a wrong key', 'unknown key', `GET ${cloud}/groups/{G}`, [401, 0]),
  row('3.5', 'no key', 'nobody', `GET ${members}`, [401, 0]),
  row('2', 'a cookie where a key is wanted', 'bot cookie', `GET ${members}`, [401, 0]),
  row('3.5', 'a key without the scope', 'read-only key', `PATCH ${members}/{M}`, [403, 'PERMISSION_DENIED'], {
    ...rolePath(roleId.captain),
  }),
  row('3.5', 'a path that is none', 'bot key', `GET ${cloud}/groups/{G}/nothing`, [404, 'NOT_FOUND']),
  row('4.1', 'no such group', 'bot key', `GET ${cloud}/groups/{G}`, [404, 'NOT_FOUND'], unknownGroup),
  row('4.1', 'a group id that is none', 'bot key', `GET ${cloud}/groups/{G}`, [400, 'INVALID_ARGUMENT'], {
    where: { G: 'company' },
  }),
  row('4.2', 'no such role', 'bot key', `GET ${cloud}/groups/{G}/roles/{R}`, [404, 'NOT_FOUND'], { where: { R: 10 } }),
  row('3.2', 'a page token that is none', 'bot key', `GET ${members}`, [400, 'INVALID_ARGUMENT'], {
    query: { pageToken: 'xyz' },
  }),
  row('3.3', 'a filter that is none', 'bot key', `GET ${members}`, [400, 'INVALID_ARGUMENT'], {
    query: { filter: 'rank > 10' },
  }),
  row('4.3', 'all members of all groups', 'bot key', `GET ${members}`, [400, 'INVALID_ARGUMENT'], {
    where: { G: '-' },
  }),
  row('4.8', 'one membership', 'bot key', `GET ${members}/{M}`, [404, 'NOT_FOUND']),
  row('4.8', 'an exile by key', 'bot key', `DELETE ${members}/{M}`, [404, 'NOT_FOUND']),
  row('3.1', 'a bare role id', 'bot key', `PATCH ${members}/{M}`, [400, 'INVALID_ARGUMENT'], {
    body: { role: String(roleId.captain) },
  }),
  row('4.5', 'no body', 'bot key', `POST ${members}/{M}:assignRole`, [400, 'INVALID_ARGUMENT'], { body: none }),
  row('4.5', 'no role', 'bot key', `POST ${members}/{M}:unassignRole`, [400, 'INVALID_ARGUMENT']),
  row('4.5', 'who left', 'bot key', `POST ${members}/{M}:assignRole`, [404, 'NOT_FOUND'], {
    where: { M: userId.stranger },
    ...rolePath(roleId.captain),
  }),
  row('4.4', 'no such role', 'bot key', `PATCH ${members}/{M}`, [404, 'NOT_FOUND'], rolePath(20)),
  row('4.4', 'the guest role', 'bot key', `PATCH ${members}/{M}`, [[400, 403], null], rolePath(roleId.guest)),
  row('4.4', 'the owner role', 'bot key', `PATCH ${members}/{M}`, [[400, 403], null], rolePath(roleId.owner)),
  row('13.1', 'a peer', 'bot key', `POST ${members}/{M}:assignRole`, [403, 'PERMISSION_DENIED'], {
    where: { M: userId.peer },
    ...rolePath(roleId.captain),
  }),
  row('13.1', 'the owner', 'bot key', `POST ${members}/{M}:assignRole`, [403, 'PERMISSION_DENIED'], {
    where: { M: userId.owner },
    ...rolePath(roleId.captain),
  }),
  row('13.1', 'oneself', 'bot key', `PATCH ${members}/{M}`, [403, 'PERMISSION_DENIED'], {
    where: { M: userId.bot },
    ...rolePath(roleId.captain),
  }),
  row('13.1', 'a role as high as one’s own', 'bot key', `PATCH ${members}/{M}`, [403, 'PERMISSION_DENIED'], {
    ...rolePath(roleId.bot),
  }),
  row('4.6', 'no such request', 'bot key', `POST ${requests}/{U}:accept`, [404, 'NOT_FOUND']),
  row('4.6', 'no body', 'bot key', `POST ${requests}/{U}:decline`, [400, 'INVALID_ARGUMENT'], {
    where: { U: userId.waiting },
    body: none,
  }),
  row('4.6', 'DELETE for POST', 'bot key', `DELETE ${requests}/{U}:decline`, [404, 'NOT_FOUND'], {
    where: { U: userId.waiting },
  }),
  row('4.7', 'reading the shout', 'bot key', `GET ${cloud}/groups/{G}/shout`, [404, 'NOT_FOUND']),
  row('5.3', 'a private inventory', 'bot key', `GET ${cloud}/users/{U}/inventory-items`, [403, 'PERMISSION_DENIED'], {
    where: { U: userId.secretive },
    query: { filter: `gamePassIds=${passId}` },
  }),
  row('5.3', 'ids and types in one filter', 'bot key', `GET ${cloud}/users/{U}/inventory-items`, [400, null], {
    query: { filter: `gamePassIds=${passId};badges=true` },
  }),
  row('7', 'an unknown key', 'nobody', 'POST apis.roblox.com/api-keys/v1/introspect', [401, null], {
    body: { apiKey: 'nobody knows me' },
  }),
];

const onCloudHost = 'apis.roblox.com/legacy-groups/v1/groups/{G}';
const groups = 'groups.roblox.com';
const group = `${groups}/v1/groups/{G}`;
const ranking = `PATCH ${group}/users/{U}`;
const roleOf = (id: number) => ({ body: { roleId: id } });

const legacyGroups: readonly Refusal[] = [
  row('6', 'no text', 'bot key', `PATCH ${onCloudHost}/status`, [400, 7]),
  row('6', 'no such group', 'bot key', `PATCH ${onCloudHost}/status`, [400, 1], {
    ...unknownGroup,
    body: { message: '' },
  }),
  row('6', 'a wrong key', 'unknown key', `GET ${onCloudHost}/audit-log`, [401, 0]),
  row('6', 'an odd limit', 'bot key', `GET ${onCloudHost}/audit-log`, [400, 8], { query: { limit: '30' } }),
  row('6', 'not the owner', 'bot key', `GET ${onCloudHost}/settings`, [403, 23]),
  row('11.1', 'no such group', 'nobody', `GET ${group}`, [400, 1], unknownGroup),
  row('11.1', 'ids that are none', 'nobody', `GET ${groups}/v2/groups`, [400, 3], { query: { groupIds: 'a,b' } }),
  row('11.1', 'too many ids', 'nobody', `GET ${groups}/v2/groups`, [400, 2], { query: { groupIds: manyIds.join() } }),
  row('11.2', 'no such group', 'nobody', `GET ${group}/roles`, [400, 1], unknownGroup),
  row('11.2', 'ids that are none', 'nobody', `GET ${groups}/v1/roles`, [400, 1], { query: { ids: 'x' } }),
  row('11.2', 'too many ids', 'nobody', `GET ${groups}/v1/roles`, [400, 2], { query: { ids: manyIds.join() } }),
  row('11.3', 'no such group', 'nobody', `GET ${group}/users`, [400, 1], unknownGroup),
  row('11.3', 'a cursor that is none', 'nobody', `GET ${group}/users`, [400, 36], { query: { cursor: 'x' } }),
  row('11.3', 'no such role', 'nobody', `GET ${group}/roles/{R}/users`, [403, 2], { where: { R: 10 } }),
  row('11.4', 'no such user', 'nobody', `GET ${groups}/v1/users/{U}/groups/roles`, [400, 3], unknownUser),
  row('11.4', 'no such user', 'nobody', `GET ${groups}/v2/users/{U}/groups/roles`, [400, 3], unknownUser),
  row('11.4', 'no such user', 'nobody', `GET ${groups}/v1/users/{U}/groups/primary/role`, [400, 4], unknownUser),
  row('10.2', 'no cookie', 'nobody', ranking, [401, 0], roleOf(roleId.captain)),
  row('10.2', 'an unknown cookie', 'unknown cookie', ranking, [401, 0], roleOf(roleId.captain)),
  row('2', 'a key where a cookie is wanted', 'bot key', ranking, [401, 0], roleOf(roleId.captain)),
  row('11.5', 'no such group', 'bot cookie', ranking, [400, 1], { ...unknownGroup, ...roleOf(roleId.captain) }),
  row('11.5', 'a rank for a role', 'bot cookie', ranking, [400, 2], roleOf(30)),
  row('11.5', 'no role', 'bot cookie', ranking, [400, 2]),
  row('11.5', 'who is no member', 'bot cookie', ranking, [400, 3], {
    where: { U: userId.stranger },
    ...roleOf(roleId.captain),
  }),
  row('11.5', 'oneself', 'bot cookie', ranking, [400, 23], { where: { U: userId.bot }, ...roleOf(roleId.captain) }),
  row('11.5', 'the role already held', 'bot cookie', ranking, [400, 26], roleOf(roleId.private)),
  row('11.5', 'a peer', 'bot cookie', ranking, [403, 4], { where: { U: userId.peer }, ...roleOf(roleId.captain) }),
  row('11.5', 'a role as high as one’s own', 'bot cookie', ranking, [403, 4], roleOf(roleId.bot)),
  row('11.5', 'an outsider', 'stranger cookie', ranking, [403, 4], roleOf(roleId.captain)),
  row('11.6', 'who is no member', 'bot cookie', `DELETE ${group}/users/{U}`, [400, 3], {
    where: { U: userId.stranger },
  }),
  row('11.6', 'the owner', 'bot cookie', `DELETE ${group}/users/{U}`, [403, 4], { where: { U: userId.owner } }),
  row('11.7', 'an outsider', 'stranger cookie', `GET ${group}/join-requests`, [403, 19]),
  row('11.7', 'an outsider', 'stranger cookie', `GET ${group}/join-requests/users/{U}`, [403, 19]),
  row('11.7', 'no such request', 'bot cookie', `POST ${group}/join-requests/users/{U}`, [400, 20]),
  row('11.7', 'an outsider', 'stranger cookie', `POST ${group}/join-requests/users/{U}`, [403, 19], {
    where: { U: userId.waiting },
  }),
  row('11.7', 'no such request', 'bot cookie', `DELETE ${group}/join-requests/users/{U}`, [400, 3]),
  row('11.7', 'an outsider', 'stranger cookie', `DELETE ${group}/join-requests/users/{U}`, [403, 4], {
    where: { U: userId.waiting },
  }),
  row('11.7', 'one of two is missing', 'bot cookie', `POST ${group}/join-requests`, [400, 20], {
    body: { UserIds: [userId.waiting, userId.stranger] },
  }),
  row('11.8', 'an outsider', 'stranger cookie', `PATCH ${group}/status`, [403, 6], { body: { message: 'Hello' } }),
  row('11.9', 'already banned', 'bot cookie', `POST ${group}/bans/{U}`, [400, 28], { where: { U: userId.banned } }),
  row('11.9', 'not banned', 'bot cookie', `DELETE ${group}/bans/{U}`, [400, 29]),
  row('11.9', 'the owner', 'bot cookie', `POST ${group}/bans/{U}`, [400, 31], { where: { U: userId.owner } }),
  row('11.9', 'an outsider', 'stranger cookie', `POST ${group}/bans/{U}`, [403, 19]),
  row('11.9', 'a peer', 'bot cookie', `POST ${group}/bans/{U}`, [403, 19], { where: { U: userId.peer } }),
  row('11.9', 'no such group', 'bot cookie', `GET ${group}/bans`, [404, 1], unknownGroup),
  row('11.9', 'no such user', 'bot cookie', `POST ${group}/bans/{U}`, [404, 3], unknownUser),
  row('11.9', 'who is no member', 'bot cookie', `POST ${group}/bans/{U}`, [404, 15], { where: { U: userId.stranger } }),
  row('11.10', 'no cookie', 'nobody', `GET ${group}/membership`, [401, 0]),
  row('11.10', 'no such group', 'bot cookie', `GET ${group}/membership`, [400, 1], unknownGroup),
  row('11.11', 'no right to see it', 'stranger cookie', `GET ${group}/audit-log`, [403, 23]),
  row('11.11', 'not the owner', 'bot cookie', `GET ${group}/settings`, [403, 23]),
  row('11.11', 'no such role', 'bot cookie', `GET ${group}/roles/{R}/permissions`, [400, 2], { where: { R: 10 } }),
  row('11.11', 'a role of others', 'bot cookie', `GET ${group}/roles/{R}/permissions`, [403, 3]),
  row('11.13', 'already a member', 'bot cookie', `POST ${group}/users`, [409, 8]),
];

const users = 'users.roblox.com';
const items = 'inventory.roblox.com/v1/users/{U}';
const headshots = 'GET thumbnails.roblox.com/v1/users/avatar-headshot';
const icons = 'GET thumbnails.roblox.com/v1/groups/icons';

const legacyOthers: readonly Refusal[] = [
  row('12.1', 'no cookie', 'nobody', `GET ${users}/v1/users/authenticated`, [401, 0]),
  row('12.1', 'no such user', 'nobody', `GET ${users}/v1/users/{U}`, [404, 3], unknownUser),
  row('12.1', 'no such user', 'nobody', `GET ${users}/v1/users/{U}/username-history`, [400, 3], unknownUser),
  row('12.1', 'too many ids', 'nobody', `POST ${users}/v1/users`, [400, 1], {
    body: { userIds: manyIds, excludeBannedUsers: false },
  }),
  row('12.1', 'too many names', 'nobody', `POST ${users}/v1/usernames/users`, [400, 2], {
    body: { usernames: manyIds.map(String), excludeBannedUsers: false },
  }),
  row('12.2', 'no such user', 'nobody', `GET ${items}/items/{type}/{id}/is-owned`, [400, 1], unknownUser),
  row('12.2', 'no such pass', 'nobody', `GET ${items}/items/{type}/{id}`, [400, 5], { where: { id: 4 } }),
  row('12.2', 'no such type', 'nobody', `GET ${items}/items/{type}/{id}`, [400, 6], { where: { type: 'Castle' } }),
  row('12.2', 'no such user', 'nobody', `GET ${items}/can-view-inventory`, [400, 1], unknownUser),
  row('12.3', 'too many ids', 'nobody', headshots, [400, 1], { query: { userIds: manyIds.join() } }),
  row('12.3', 'an odd format', 'nobody', headshots, [400, 2], { query: { userIds: '1', format: 'Gif' } }),
  row('12.3', 'an odd size', 'nobody', headshots, [400, 3], { query: { userIds: '1', size: '151x151' } }),
  row('12.3', 'ids that are none', 'nobody', headshots, [400, 4], { query: { userIds: 'x' } }),
  row('12.3', 'neither round nor not', 'nobody', headshots, [400, 10], {
    query: { userIds: '1', isCircular: 'a bit' },
  }),
  row('12.3', 'ids that are none', 'nobody', icons, [400, 4], { query: { groupIds: 'x' } }),
];

export const documentedRefusals: readonly Refusal[] = [...openCloud, ...legacyGroups, ...legacyOthers];
