/** One call from the wire to the wire: written down, met by its faults, answered. `outcome.ts` decides the answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RefusedByRoblox } from './answer.ts';
import { authenticate } from './credentials.ts';
import { deliver, drop } from './deliver.ts';
import { type Incoming, type Outcome, outcomeOf } from './outcome.ts';
import type { RequestRecord } from './request-log.ts';
import { type Route, routes } from './routes.ts';
import type { Stage } from './stage.ts';

/** Bodies up to this length are kept with the record of the call. */
const keptBodyMax = 2_000;

export function registerRoutes(app: FastifyInstance, stage: Stage): void {
  for (const route of routes) {
    app.route<{ Params: Record<string, string> }>({
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

async function play(
  stage: Stage,
  route: Route,
  request: FastifyRequest<{ Params: Record<string, string> }>,
  reply: FastifyReply,
): Promise<void> {
  reply.hijack();
  const [path = '', query = ''] = splitOnce(request.url.slice(route.host.length + 1), '?');
  const text = typeof request.body === 'string' ? request.body : '';
  const { headers, params, ip: address } = request;
  const incoming: Incoming = { headers, params, query: new URLSearchParams(query), body: jsonOrText(text), address };
  const record = stage.requests.begin({
    endpoint: route.name,
    method: route.method,
    host: route.host,
    path,
    query: decoded(query),
    time: stage.clock.now(),
    caller: callerForLog(stage, route, incoming),
    body: text.length <= keptBodyMax ? incoming.body : undefined,
  });
  const faults = stage.faults.happenTo(route, path, record.query);
  const latencyMs = faults.reduce((sum, fault) => sum + (fault.kind === 'latency' ? fault.ms : 0), 0);
  if (latencyMs > 0) await delay(latencyMs, undefined, { signal: stage.closing.signal }).catch(() => undefined);

  const { answer, unspent } = guarded(() => outcomeOf(stage, route, incoming, faults));
  if (unspent !== null) stage.faults.giveBack(unspent);
  record.faults = faults.filter((fault) => fault !== unspent).map((fault) => fault.kind);
  if (answer === 'reset' || answer === 'hang') {
    drop(request, answer);
    return;
  }
  record.status = answer.status;
  const spelling = faults.find((fault) => fault.kind === 'headerCase')?.case ?? stage.world.behaviour.headerCase;
  deliver(reply, answer, spelling);
}

/** A mistake of the emulator itself is an answer too: a caller that waits forever learns nothing. */
function guarded(decide: () => Outcome): Outcome {
  try {
    return decide();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { answer: { status: 500, headers: {}, body: { emulatorBug: text } }, unspent: null };
  }
}

/** Null: not known, or not let in. */
function callerForLog(stage: Stage, route: Route, { headers, address }: Incoming): RequestRecord['caller'] {
  try {
    const { kind, userId } = authenticate(route, headers, address, stage.world, stage.clock.now());
    return { kind, userId };
  } catch (error) {
    if (error instanceof RefusedByRoblox) return null;
    throw error;
  }
}

/** JSON when it is JSON, the text itself when it is not, undefined when there is none. */
function jsonOrText(text: string): unknown {
  if (text === '') return undefined;
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
