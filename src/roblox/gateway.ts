/** The gateway to Roblox: everything of `roblox.ts`, put together (README.md). */
import { setMaxListeners } from 'node:events';
import type { Clock } from '../domain/clock.ts';
import type { GroupId } from '../domain/ids.ts';
import { parseUpstream } from './address.ts';
import { bucketOf, carrierOf } from './attempt.ts';
import { createBots } from './bot.ts';
import { createCaller } from './call.ts';
import { createSessions } from './credential-session.ts';
import { type EndpointName, endpoints, writeEndpoints } from './endpoints.ts';
import { noBookkeeping, noTime, turnedAway } from './failures.ts';
import type { GatewayLog } from './gateway-log.ts';
import { hasJoinRequest, readShout } from './group-feed.ts';
import { createInspection } from './inspect.ts';
import { readMembership } from './memberships.ts';
import { type Pace, paceOf } from './pace.ts';
import { NoSlot, Pacer } from './pacer.ts';
import { type CallOptions, type Credential, type GatewayNeeds, type Roblox, RobloxError } from './roblox.ts';
import { createRoles, nullWhenUnknown } from './roles.ts';
import { createSender } from './send.ts';

/** Whoever asked has given up by then. */
const callMsMax = 25_000;
/** Of one attempt. The turn of a member (15 s) is dimensioned for it. */
const writeTimeoutMs = 7_000;

export type GatewayOptions = {
  readonly needs: GatewayNeeds;
  readonly clock: Clock;
  /** `ROBLOX_UPSTREAM`: everything goes there, the real host's name becoming the first path segment. */
  readonly upstream: string | null;
  /** `ROBLOX_PROXY`; a credential may name its own. */
  readonly proxy: string | null;
  readonly log: GatewayLog;
  readonly random?: () => number;
  /** Of one attempt; shorter only where a test waits for it. */
  readonly timeoutMs?: number;
  /** Calls a minute where an upstream allows other numbers than Roblox. */
  readonly perMinute?: (endpoint: EndpointName) => number;
};

export function createRoblox(options: GatewayOptions): Roblox {
  const { needs, clock, log } = options;
  const sender = createSender();
  const closing = new AbortController();
  // As many wait on it as calls are backing off: that is no leak.
  setMaxListeners(0, closing.signal);
  const pacer = new Pacer(needs.takeSlots, clock, log);
  const sessionOf = createSessions(needs, clock, log);
  const paces = new Map<EndpointName, Pace>();
  const paceFor = (endpoint: EndpointName): Pace => {
    const known = paces.get(endpoint);
    if (known !== undefined) return known;
    const pace = paceOf(options.perMinute?.(endpoint) ?? endpoints[endpoint].perMinute);
    paces.set(endpoint, pace);
    return pace;
  };
  const timeoutMs = options.timeoutMs ?? writeTimeoutMs;
  const caller = createCaller({
    clock,
    sender,
    pacer,
    log,
    random: options.random ?? Math.random,
    upstream: options.upstream === null ? null : parseUpstream(options.upstream),
    proxy: options.proxy,
    timeoutMs,
    paceFor,
    closing: closing.signal,
  });
  const roles = createRoles(caller, clock);
  const bots = createBots(caller, roles, clock);
  const inspection = createInspection(caller, roles, clock);

  /** Fixed at the beginning, so that a call made of several ends in time as a whole. */
  function bounded(given: CallOptions): CallOptions {
    return { ...given, deadlineMs: Math.min(given.deadlineMs, clock.monotonicMs() + callMsMax) };
  }

  async function reserve(credential: Credential, names: readonly EndpointName[], given: CallOptions) {
    const session = sessionOf(credential);
    const { deadlineMs, priority } = bounded(given);
    const left = new Map<EndpointName, number>();
    await Promise.all(
      names.map(async (endpoint) => {
        const { isWrite } = endpoints[endpoint];
        const sentWith = carrierOf(endpoint, session);
        // A slot that comes too late to begin the write is none: "busy" must be said now, not when the intent stands.
        const startByMs = deadlineMs - (isWrite ? timeoutMs : 0);
        const barred = sentWith === 'nothing' ? null : session.circuit.barred(clock.monotonicMs(), isWrite);
        if (barred !== null) throw turnedAway(endpoint, barred.reason, null, barred.retryAfterMs);
        try {
          await pacer.slot(
            bucketOf(endpoint, session, sentWith, options.proxy),
            paceFor(endpoint),
            { priority },
            startByMs,
          );
        } catch (error) {
          if (!(error instanceof NoSlot)) throw error;
          throw error.isOutage ? noBookkeeping(endpoint) : noTime(endpoint, error.retryAfterMs);
        }
        left.set(endpoint, (left.get(endpoint) ?? 0) + 1);
      }),
    );
    return {
      take(endpoint: EndpointName): boolean {
        const count = left.get(endpoint) ?? 0;
        if (count > 0) left.set(endpoint, count - 1);
        return count > 0;
      },
    };
  }

  async function groupExists(credential: Credential | null, groupId: GroupId, given: CallOptions) {
    const bound = bounded(given);
    const parameters = { groupId };
    const session = credential === null ? null : sessionOf(credential);
    try {
      const group =
        session?.credential.kind === 'openCloud' && !session.circuit.isOpen
          ? await nullWhenUnknown(caller.read({ endpoint: 'cloudGetGroup', parameters, session, options: bound }))
          : await nullWhenUnknown(caller.read({ endpoint: 'getGroup', parameters, session, options: bound }));
      return group !== null;
    } catch (error) {
      if (error instanceof RobloxError) return null;
      throw error;
    }
  }

  return {
    readRoles: (credential, groupId, given) =>
      roles.readRoles(sessionOf(credential), groupId, bounded(given), given.fresh === true),
    readRole: (credential, groupId, roleId, given) =>
      roles.readRole(sessionOf(credential), groupId, roleId, bounded(given)),
    readMembership: (credential, groupId, userId, given) =>
      readMembership(caller, sessionOf(credential), groupId, userId, bounded(given)),
    readBot: (credential, groupId, given) => bots.readBot(sessionOf(credential), groupId, bounded(given)),
    groupExists,
    assignRole: (credential, groupId, userId, roleId, given) =>
      caller.write({
        endpoint: 'cloudAssignRole',
        // A user id is accepted wherever a membership id is, and does not go stale when its owner leaves and returns.
        parameters: { groupId, membershipId: userId },
        body: { role: `groups/${groupId}/roles/${roleId}` },
        session: sessionOf(credential),
        options: bounded(given),
      }),
    unassignRole: (credential, groupId, userId, roleId, given) =>
      caller.write({
        endpoint: 'cloudUnassignRole',
        parameters: { groupId, membershipId: userId },
        body: { role: `groups/${groupId}/roles/${roleId}` },
        session: sessionOf(credential),
        options: bounded(given),
      }),
    setRole: (credential, groupId, userId, roleId, given) =>
      caller.write({
        endpoint: 'setUserRole',
        parameters: { groupId, userId },
        body: { roleId },
        session: sessionOf(credential),
        options: bounded(given),
      }),
    exileUser: (credential, groupId, userId, given) =>
      caller.write({
        endpoint: writeEndpoints.exile.cookie,
        parameters: { groupId, userId },
        body: {},
        session: sessionOf(credential),
        options: bounded(given),
      }),
    acceptJoinRequest: (credential, groupId, userId, given) =>
      caller.write({
        endpoint: writeEndpoints.accept[credential.kind],
        parameters: { groupId, userId },
        body: {},
        session: sessionOf(credential),
        options: bounded(given),
      }),
    declineJoinRequest: (credential, groupId, userId, given) =>
      caller.write({
        endpoint: writeEndpoints.decline[credential.kind],
        parameters: { groupId, userId },
        body: {},
        session: sessionOf(credential),
        options: bounded(given),
      }),
    hasJoinRequest: (credential, groupId, userId, given) =>
      hasJoinRequest(caller, sessionOf(credential), groupId, userId, bounded(given)),
    postShout: (credential, groupId, text, given) =>
      caller.write({
        endpoint: writeEndpoints.shout[credential.kind],
        parameters: { groupId },
        body: { message: text },
        session: sessionOf(credential),
        options: bounded(given),
      }),
    readShout: (credential, groupId, given) => readShout(caller, sessionOf(credential), groupId, bounded(given)),
    reserve,
    inspect: (credential, groupIds, given) =>
      inspection(sessionOf(credential, true), credential.secret, groupIds, bounded(given)),
    forgetGroup(groupId) {
      roles.forget(groupId);
      bots.forget(groupId);
    },
    async close() {
      closing.abort(new Error('the gateway is closing'));
      pacer.close();
      await sender.close();
    },
  };
}
