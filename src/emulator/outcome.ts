/**
 * What becomes of one call: a fault in place of an answer, a refusal on the way in, or the handler's answer. Roblox checks
 * a cookie call in this order: cookie, CSRF, challenge, validity, permission, action (roblox-api.md 10.3).
 */
import { type Answer, cloudRefusal, gatewayRefusal, RefusedByRoblox } from './answer.ts';
import type { Call, Caller } from './call.ts';
import { authenticate, checkScope, cookieIn } from './credentials.ts';
import { faultAnswer } from './fault-answers.ts';
import { companions, type Fault } from './faults.ts';
import { handlers } from './handlers.ts';
import { cloudHost, type Route, type RouteName } from './routes.ts';
import { csrfRefusal, rotateCookie, rotateCsrf } from './sessions.ts';
import type { Stage } from './stage.ts';

/** A request taken off the wire. */
export type Incoming = Pick<Call, 'headers' | 'params' | 'query' | 'body' | 'address'>;

export type Outcome = {
  /** Dropped connections have no answer. */
  readonly answer: Answer | 'reset' | 'hang';
  /** A fault that was meant for this call but could not happen to it: it waits for the next one. */
  readonly unspent: Fault | null;
};

/** Faults that happen only once everything else about the call is in order. */
const needsAction = new Set<Fault['kind']>(['status', 'applyThenDrop', 'appliedLate', 'cookieRotation', 'challenge']);

export function outcomeOf(stage: Stage, route: Route, incoming: Incoming, faults: readonly Fault[]): Outcome {
  const now = stage.clock.now();
  const fault = faults.find((happening) => !companions.has(happening.kind)) ?? null;
  const instead = fault === null ? null : answerInstead(stage, route, fault, now);
  if (instead !== null) return { answer: instead, unspent: null };

  const headers: Record<string, string> = {};
  try {
    const caller = admit(stage, route, incoming, fault, now, headers);
    const stale = faults.find((happening) => happening.kind === 'staleReads');
    const asOf = stale === undefined ? null : new Date(now.getTime() - stale.seconds * 1000);
    const call: Call = { ...incoming, world: stage.world, challenges: stage.challenges, now, asOf, caller };
    const answer = act(stage, route, call, fault);
    if (typeof answer === 'string') return { answer, unspent: null };
    return { answer: { ...answer, headers: { ...headers, ...answer.headers } }, unspent: null };
  } catch (error) {
    if (!(error instanceof RefusedByRoblox)) throw error;
    const isUnspent = fault !== null && needsAction.has(fault.kind) && !error.isChallenge;
    return {
      answer: { ...error.answer, headers: { ...headers, ...error.answer.headers } },
      unspent: isUnspent ? fault : null,
    };
  }
}

/** Null: the call goes its way. */
function answerInstead(stage: Stage, route: Route, fault: Fault, now: Date): Outcome['answer'] | null {
  switch (fault.kind) {
    case 'reset':
    case 'hang':
      return fault.kind;
    case 'html':
    case 'empty':
      return faultAnswer(fault, route, stage.world, now);
    case 'status':
      return fault.applied ? null : faultAnswer(fault, route, stage.world, now);
    default:
      return null;
  }
}

/** Everything before the handler. `headers` collects what the answer carries even when it is a refusal. */
function admit(
  stage: Stage,
  route: Route,
  incoming: Incoming,
  fault: Fault | null,
  now: Date,
  headers: Record<string, string>,
): Caller {
  const { world } = stage;
  if (fault?.kind === 'cookieExpiry') {
    const cookie = cookieIn(incoming.headers);
    for (const session of world.sessions) if (session.cookie === cookie) session.isValid = false;
  }
  const caller = authenticate(route, incoming.headers, incoming.address, world, now);
  Object.assign(headers, stage.limits.spend(route, caller, incoming.address, world.limits, now));
  checkSession(stage, route, incoming, caller, fault, now);
  checkScope(route, caller, incoming.params['groupId']);
  checkBody(route, incoming, world.behaviour.requiresContentLength);
  return caller;
}

/** CSRF, then challenge: both concern cookies only. */
function checkSession(
  stage: Stage,
  route: Route,
  { headers }: Incoming,
  caller: Caller,
  fault: Fault | null,
  now: Date,
): void {
  if (caller.kind !== 'cookie' || route.credential !== 'cookie') return;
  const { behaviour } = stage.world;
  if (fault?.kind === 'csrfRotation') rotateCsrf(caller.session, behaviour, now);
  if (route.isWrite) {
    const refusal = csrfRefusal(caller.session, headers['x-csrf-token'], behaviour, now);
    if (refusal !== null) throw refusal;
  }
  const answersChallenge = route.name === 'verifyAuthenticator' || route.name === 'continueChallenge';
  const standing = route.isWrite && !answersChallenge ? caller.session.challenge : null;
  const type = fault?.kind === 'challenge' ? fault.type : standing;
  if (type !== null && !stage.challenges.isMet(headers, caller.userId)) {
    throw stage.challenges.demand(caller.userId, type);
  }
}

/** What each family wants of a body before it looks at the contents. */
function checkBody(route: Route, { headers, body }: Incoming, requiresLength: boolean): void {
  if (!route.isWrite) return;
  if (route.host !== cloudHost) {
    const hasLength = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (requiresLength && !hasLength) throw gatewayRefusal(411, 'Length Required');
    return;
  }
  if (!route.path.startsWith('/cloud/v2/')) return;
  const isJson = /^application\/json\b/i.test(String(headers['content-type'] ?? ''));
  if (!isJson || typeof body === 'string') {
    throw cloudRefusal('INVALID_ARGUMENT', 'The body must be JSON with Content-Type: application/json.');
  }
}

function act(stage: Stage, route: Route, call: Call, fault: Fault | null): Outcome['answer'] {
  const handler = handlers[route.name as RouteName];
  if (fault?.kind === 'appliedLate') {
    stage.applyLater(fault.seconds, (landed) => handler({ ...call, world: stage.world, now: landed }));
    return fault.drop;
  }
  const answer = handler(call);
  if (fault?.kind === 'applyThenDrop') return fault.drop;
  if (fault?.kind === 'status') return faultAnswer(fault, route, call.world, call.now);
  if (fault?.kind === 'cookieRotation' && call.caller.kind === 'cookie') {
    return { ...answer, headers: { ...answer.headers, ...rotateCookie(call.caller.session) } };
  }
  return answer;
}
