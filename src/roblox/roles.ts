/**
 * A group's roles. Open Cloud pages them and does not say which is the base role; the legacy route says it and needs no
 * credential, so with a key both are read and remembered together.
 */
import type { Clock } from '../domain/clock.ts';
import { baseRank, type GroupId, type RoleId, rank, roleId } from '../domain/ids.ts';
import type { Role } from '../domain/roles.ts';
import type { Caller } from './call.ts';
import type { CredentialSession } from './credential-session.ts';
import type { AnswerOf, EndpointName } from './endpoints.ts';
import { unreadable } from './failures.ts';
import { Remembered } from './remembered.ts';
import { type CallOptions, RobloxError } from './roblox.ts';
import { SingleFlight } from './single-flight.ts';

type LegacyRole = AnswerOf<'listRoles'>['roles'][number];
type CloudRole = AnswerOf<'cloudGetRole'>;
type Plain = { readonly id: RoleId; readonly name: string; readonly rank: number };
type Loaded = { readonly roles: readonly Role[] | null; readonly forMs: number };

const rememberedForMs = 5 * 60_000;
/** The base role was guessed: look again soon. */
const guessedForMs = 60_000;
const unknownGroupForMs = 30_000;
/** A base role cannot be deleted or moved, so one that was seen stays good for long. */
const baseForMs = 24 * 60 * 60_000;
/** The legacy route is asked for one flag: it may not hold up the rest. */
const baseWaitMs = 4_000;
const baseAttempts = 2;
const pageSize = 20;
/** A group has at most 40 roles; pages may be short. */
const pagesMax = 20;

export type Roles = {
  readRoles(
    session: CredentialSession,
    groupId: GroupId,
    options: CallOptions,
    fresh: boolean,
  ): Promise<readonly Role[] | null>;
  readRole(session: CredentialSession, groupId: GroupId, id: RoleId, options: CallOptions): Promise<Role | null>;
  /** With a key: which roles may change ranks, for those whose permissions it may see. */
  readPermissions(
    session: CredentialSession,
    groupId: GroupId,
    options: CallOptions,
  ): Promise<ReadonlyMap<RoleId, boolean>>;
  forget(groupId: GroupId): void;
};

export function createRoles(caller: Caller, clock: Clock): Roles {
  const known = new Remembered<readonly Role[] | null>(clock);
  const bases = new Remembered<ReadonlySet<RoleId>>(clock);
  const flights = new SingleFlight(clock);

  async function readRoles(session: CredentialSession, groupId: GroupId, options: CallOptions, fresh: boolean) {
    const found = fresh ? null : known.get(groupId, session.key);
    if (found !== null) return found.value;
    const late = () => new RobloxError('unavailable', 'listRoles', 'Roblox did not answer before the deadline.');
    return flights.join(`${session.key}:${groupId}`, options, late, async ({ priority }) => {
      const load = session.credential.kind === 'openCloud' ? loadCloud : loadLegacy;
      const { roles, forMs } = await load(session, groupId, { ...options, priority });
      known.set(groupId, session.key, roles, forMs);
      return roles;
    });
  }

  async function loadLegacy(session: CredentialSession, groupId: GroupId, options: CallOptions): Promise<Loaded> {
    const answer = await nullWhenUnknown(
      caller.read({ endpoint: 'listRoles', parameters: { groupId }, session, options }),
    );
    if (answer === null) return { roles: null, forMs: unknownGroupForMs };
    const base = flaggedBase(answer.roles) ?? bases.get(groupId, 'base')?.value ?? null;
    return complete(answer.roles.map(fromLegacy), groupId, base);
  }

  async function loadCloud(session: CredentialSession, groupId: GroupId, options: CallOptions): Promise<Loaded> {
    const [cloud, base] = await Promise.all([
      nullWhenUnknown(readPages(session, groupId, options)),
      readBase(session, groupId, options),
    ]);
    if (cloud === null) return { roles: null, forMs: unknownGroupForMs };
    return complete(cloud.map(fromCloud), groupId, base);
  }

  async function readPages(session: CredentialSession, groupId: GroupId, options: CallOptions): Promise<CloudRole[]> {
    const roles = new Map<string, CloudRole>();
    const tokens = new Set<string>();
    for (let token = ''; tokens.size < pagesMax; tokens.add(token)) {
      const query = token === '' ? { maxPageSize: pageSize } : { maxPageSize: pageSize, pageToken: token };
      const page = await caller.read({ endpoint: 'cloudListRoles', parameters: { groupId }, query, session, options });
      for (const role of page.groupRoles) roles.set(role.id, role);
      // The end is a token that is absent, or empty: both occur.
      token = page.nextPageToken ?? '';
      if (token === '') return [...roles.values()];
      if (tokens.has(token)) break;
    }
    throw unreadable('cloudListRoles');
  }

  /** The base roles by the legacy route's flag; null when it cannot be had. */
  async function readBase(session: CredentialSession, groupId: GroupId, options: CallOptions) {
    const deadlineMs = Math.min(options.deadlineMs, clock.monotonicMs() + baseWaitMs);
    try {
      const { roles } = await caller.read({
        endpoint: 'listRoles',
        parameters: { groupId },
        session,
        options: { deadlineMs, priority: options.priority },
        attemptsMax: baseAttempts,
      });
      const flagged = flaggedBase(roles);
      if (flagged !== null) return flagged;
    } catch (error) {
      if (!(error instanceof RobloxError)) throw error;
    }
    return bases.get(groupId, 'base')?.value ?? null;
  }

  function complete(plain: readonly Plain[], groupId: GroupId, base: ReadonlySet<RoleId> | null): Loaded {
    if (base !== null) bases.set(groupId, 'base', base, baseForMs);
    const isBase = base ?? guessedBase(plain);
    const roles = plain.map((role) => withBase(role, isBase)).sort((a, b) => a.rank - b.rank || a.id - b.id);
    return { roles, forMs: base === null ? guessedForMs : rememberedForMs };
  }

  async function readRole(session: CredentialSession, groupId: GroupId, id: RoleId, options: CallOptions) {
    if (session.credential.kind === 'cookie') {
      const roles = await readRoles(session, groupId, options, true);
      return roles?.find((role) => role.id === id) ?? null;
    }
    const role = await nullWhenUnknown(
      caller.read({ endpoint: 'cloudGetRole', parameters: { groupId, roleId: id }, session, options }),
    );
    if (role === null) return null;
    const plain = fromCloud(role);
    // Only at rank 1 can it be the base role, so only there is it worth asking.
    if (plain.rank !== baseRank) return withBase(plain, new Set());
    const roles = await readRoles(session, groupId, options, false);
    return withBase(plain, new Set((roles ?? []).filter((each) => each.isBase).map((each) => each.id)));
  }

  async function readPermissions(session: CredentialSession, groupId: GroupId, options: CallOptions) {
    const seen = new Map<RoleId, boolean>();
    for (const role of await readPages(session, groupId, options)) {
      const changeRank = role.permissions?.changeRank;
      if (changeRank !== undefined) seen.set(fromCloud(role).id, changeRank);
    }
    return seen;
  }

  return {
    readRoles,
    readRole,
    readPermissions,
    forget(groupId) {
      known.forget(groupId);
      bases.forget(groupId);
    },
  };
}

/** Null where this answer carries no flag at all. A group without a base role answers the empty set. */
function flaggedBase(roles: readonly LegacyRole[]): ReadonlySet<RoleId> | null {
  if (roles.every((role) => role.isBase === undefined)) return null;
  return new Set(roles.filter((role) => role.isBase === true).map((role) => fromLegacy(role).id));
}

/**
 * Without the flag: a lone role at rank 1 is the base role, and of several the youngest (highest id), because groups older
 * than March 2026 got theirs added to the one they had.
 */
export function guessedBase(roles: readonly Plain[]): ReadonlySet<RoleId> {
  const ids = roles.filter((role) => role.rank === baseRank).map((role) => role.id);
  const youngest = ids.sort((a, b) => b - a)[0];
  return new Set(youngest === undefined ? [] : [youngest]);
}

function withBase(role: Plain, base: ReadonlySet<RoleId>): Role {
  return { id: role.id, name: role.name, rank: rank(role.rank), isBase: base.has(role.id) };
}

function fromLegacy(role: LegacyRole): Plain {
  return plain('listRoles', role.id, role.name, role.rank);
}

function fromCloud(role: CloudRole): Plain {
  return plain('cloudListRoles', Number(role.id), role.displayName, role.rank);
}

/** Numbers that cannot be a role's mean that we read something else than we think. */
function plain(endpoint: EndpointName, id: number, name: string, rankNumber: number): Plain {
  try {
    return { id: roleId(id), name, rank: rank(rankNumber) };
  } catch {
    throw unreadable(endpoint);
  }
}

/** A group or role that Roblox does not know: 404 from Open Cloud, 400 with code 1 from the legacy route. */
export async function nullWhenUnknown<Value>(call: Promise<Value>): Promise<Value | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RobloxError && isUnknown(error)) return null;
    throw error;
  }
}

function isUnknown({ failure, endpoint, status, code }: RobloxError): boolean {
  if (failure !== 'refused') return false;
  if (endpoint.startsWith('cloud')) return status === 404;
  return (status === 400 && code === 1) || (status === 404 && code === 1);
}
