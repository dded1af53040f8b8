/**
 * One call from the wire to the wire: faults, who is calling, limits, CSRF, challenge, then the handler. Roblox checks a
 * cookie call in this order: cookie, CSRF, challenge, validity, permission, action (roblox-api.md 10.3).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, cloudRefusal, gatewayRefusal, RefusedByRoblox } from './answer.ts';
import type { Call, Caller } from './call.ts';
import { authenticate, checkScope, cookieIn } from './credentials.ts';
import { deliver, drop } from './deliver.ts';
import { faultAnswer } from './fault-answers.ts';
import type { Fault } from './faults.ts';
import { handlers } from './handlers.ts';
import type { RequestRecord } from './request-log.ts';
import { type Route, type RouteName, routes } from './routes.ts';
import { csrfRefusal, rotateCookie, rotateCsrf } from './sessions.ts';
import type { Stage } from './stage.ts';

const cloudHost = 'apis.roblox.com';

export function registerRoutes(app: FastifyInstance, stage: Stage): void {
  for (const route of routes) {
    app.route({
      method: route.method,
      url: `/${route.host}${patternOf(route.path)}`,
      handler: (request, reply) => play(stage, route, request, reply),
    });
  }
}

/** `{id}` → `:id`; a custom method's colon is doubled, and its parameter may not swallow it. */
function patternOf(path: string): string {
  const colons = path.replaceAll(':', '::');
  return colons.replaceAll(/\{(\w+)\}/g, path.startsWith('/cloud/') ? ':$1(^[^/:]+)' : ':$1');
}

async function play(stage: Stage, route: Route, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack();
  const [path = '', query = ''] = splitOnce(request.url.slice(route.host.length + 1), '?');
  const body = bodyOf(request.body);
  const record = stage.requests.begin({
    endpoint: route.name,
    method: route.method,
    host: route.host,
    path,
    query: decoded(query),
    time: stage.clock.now(),
    body: typeof request.body === 'string' && request.body.length <= 2_000 ? body : undefined,
  });
  const faults = stage.faults.happenTo(route, path, record.query);
  record.faults = faults.map((fault) => fault.kind);
  const latencyMs = faults.reduce((sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0), 0);
  if (latencyMs > 0) await delay(latencyMs, undefined, { signal: stage.closing.signal }).catch(() => undefined);

  const outcome = outcomeOf(stage, route, request, { path, query, body, faults, record });
  if (outcome === 'reset' || outcome === 'hang') {
    drop(request, outcome);
    return;
  }
  record.status = outcome.status;
  const spelling = faults.find((fault) => fault.kind === 'headerCase')?.case ?? stage.world.behaviour.headerCase;
  deliver(reply, outcome, spelling);
}

type Taken = { path: string; query: string; body: unknown; faults: readonly Fault[]; record: RequestRecord };

function outcomeOf(stage: Stage, route: Route, request: FastifyRequest, taken: Taken): Answer | 'reset' | 'hang' {
  const { world } = stage;
  const now = stage.clock.now();
  const fault = taken.faults.find((happening) => !['latency', 'staleReads', 'headerCase'].includes(happening.kind));
  taken.record.caller = callerForLog(stage, route, request, now);
  if (fault?.kind === 'reset' || fault?.kind === 'hang') return fault.kind;
  if (fault?.kind === 'html' || fault?.kind === 'empty' || (fault?.kind === 'status' && !fault.applied)) {
    return faultAnswer(fault, route, world, now);
  }

  let headers: Record<string, string> = {};
  try {
    if (fault?.kind === 'cookieExpiry') {
      for (const session of world.sessions) if (session.cookie === cookieIn(request.headers)) session.isValid = false;
    }
    const caller = authenticate(route, request.headers, request.ip, world, now);
    headers = stage.limits.spend(route, caller, request.ip, world.limits, now);
    checkSession(stage, route, request, caller, fault, now);
    checkScope(route, caller, requestParams(request)['groupId']);
    checkBody(route, request, world.behaviour.requiresContentLength, taken.body);

    const stale = taken.faults.find((happening) => happening.kind === 'staleReads');
    const call: Call = {
      world,
      challenges: stage.challenges,
      now,
      asOf: stale === undefined ? null : new Date(now.getTime() - stale.seconds * 1000),
      caller,
      params: requestParams(request),
      query: new URLSearchParams(taken.query),
      headers: request.headers,
      body: taken.body,
      address: request.ip,
    };
    const handler = handlers[route.name as RouteName];
    if (fault?.kind === 'appliedLate') {
      stage.applyLater(fault.seconds, (landed) => handler({ ...call, world: stage.world, now: landed }));
      return fault.drop;
    }
    const answer = handler(call);
    if (fault?.kind === 'applyThenDrop') return fault.drop;
    if (fault?.kind === 'status') return faultAnswer(fault, route, world, now);
    if (fault?.kind === 'cookieRotation' && caller.kind === 'cookie')
      headers = { ...headers, ...rotateCookie(caller.session) };
    return { ...answer, headers: { ...headers, ...answer.headers } };
  } catch (error) {
    if (!(error instanceof RefusedByRoblox)) throw error;
    return { ...error.answer, headers: { ...headers, ...error.answer.headers } };
  }
}

/** CSRF, then challenge: both concern cookies only. */
function checkSession(
  stage: Stage,
  route: Route,
  request: FastifyRequest,
  caller: Caller,
  fault: Fault | undefined,
  now: Date,
): void {
  if (caller.kind !== 'cookie' || route.credential !== 'cookie') return;
  const { behaviour } = stage.world;
  if (fault?.kind === 'csrfRotation') rotateCsrf(caller.session, behaviour, now);
  if (route.isWrite) {
    const refusal = csrfRefusal(caller.session, request.headers['x-csrf-token'], behaviour, now);
    if (refusal !== null) throw refusal;
  }
  const isPartOfChallenge = route.name === 'verifyAuthenticator' || route.name === 'continueChallenge';
  const standing = route.isWrite && !isPartOfChallenge ? caller.session.challenge : null;
  const type = fault?.kind === 'challenge' ? fault.type : standing;
  if (type !== null && !stage.challenges.isMet(request.headers, caller.userId)) {
    throw stage.challenges.demand(caller.userId, type);
  }
}

/** What each family wants of a body before it looks at the contents. */
function checkBody(route: Route, request: FastifyRequest, requiresLength: boolean, body: unknown): void {
  if (!route.isWrite) return;
  const { headers } = request;
  if (route.host !== cloudHost) {
    const hasLength = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    if (requiresLength && !hasLength) throw gatewayRefusal(411, 'Length Required');
    return;
  }
  if (!route.path.startsWith('/cloud/v2/')) return;
  const isJson = /^application\/json\b/i.test(headers['content-type'] ?? '');
  if (!isJson || typeof body === 'string') {
    throw cloudRefusal('INVALID_ARGUMENT', 'The body must be JSON with Content-Type: application/json.');
  }
}

function callerForLog(stage: Stage, route: Route, request: FastifyRequest, now: Date): RequestRecord['caller'] {
  try {
    const { kind, userId } = authenticate(route, request.headers, request.ip, stage.world, now);
    return { kind, userId };
  } catch (error) {
    if (error instanceof RefusedByRoblox) return null;
    throw error;
  }
}

const requestParams = (request: FastifyRequest): Record<string, string> => request.params as Record<string, string>;

/** JSON when it is JSON, the text itself when it is not, undefined when there is none. */
export function bodyOf(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decoded(query: string): string {
  try {
    return decodeURIComponent(query.replaceAll('+', ' '));
  } catch {
    return query;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
