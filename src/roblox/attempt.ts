/** One attempt of a call: admitted, paced, sent, and its answer turned into "good", "again" or "over". */
import type { Clock } from '../domain/clock.ts';
import { addressOf, type Upstream } from './address.ts';
import type { Call } from './call.ts';
import { probeAfterMs } from './circuit.ts';
import { cookieName, isSendable, rotatedCookieOf } from './cookie-rotation.ts';
import type { CredentialSession } from './credential-session.ts';
import { csrfHeader } from './csrf.ts';
import { type Endpoint, type EndpointName, endpoints } from './endpoints.ts';
import * as failures from './failures.ts';
import type { GatewayLog } from './gateway-log.ts';
import type { Pace } from './pace.ts';
import { NoSlot, type Pacer, type Urgency } from './pacer.ts';
import { backOffMs, emptyForMs, retryAfterMs } from './retry.ts';
import type { RobloxError } from './roblox.ts';
import type { Answered, Sender } from './send.ts';
import { type Asked, judge } from './verdict.ts';

export type AttemptNeeds = {
  readonly clock: Clock;
  readonly sender: Sender;
  readonly pacer: Pacer;
  readonly log: GatewayLog;
  readonly random: () => number;
  readonly upstream: Upstream | null;
  readonly proxy: string | null;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly paceFor: (endpoint: EndpointName) => Pace;
};

/** What attempts of one call tell each other. */
export type Attempt = { number: number; csrfRepeats: number };

export type Outcome =
  | { readonly kind: 'good'; readonly answer: unknown }
  /** Null: after the usual back-off. */
  | { readonly kind: 'again'; readonly afterMs: number | null; readonly error: RobloxError }
  | { readonly kind: 'over'; readonly error: RobloxError };

export function createAttempt(needs: AttemptNeeds) {
  const { clock, sender, pacer, log, random, timeoutMs } = needs;

  return async function attempt(call: Call, urgency: Urgency, state: Attempt): Promise<Outcome> {
    const { endpoint, session, options } = call;
    const spec: Endpoint = endpoints[endpoint];
    const sentWith = carrierOf(endpoint, session, call.carriesKey);
    const asked: Asked = { isWrite: spec.isWrite, sentWith };
    const judged = sentWith === 'nothing' ? null : session;
    const bucket = bucketOf(endpoint, session, sentWith, needs.proxy);

    if (judged !== null && !isSendable(judged.secret)) return pastedBadly(endpoint, judged);
    const stopped = barred(call, judged) ?? (await paced(call, bucket, urgency, state.number === 0));
    if (stopped !== null) return stopped;
    await session?.cookieSaved();
    // Once more: somebody else's call may have opened the circuit while this one waited. Nothing may be awaited between
    // this look and `begin`, or several calls would be the one that tries.
    const barredNow = barred(call, judged);
    if (barredNow !== null) return barredNow;
    const isProbe = judged?.circuit.begin(spec.isWrite) ?? false;
    try {
      if (spec.isWrite) await options.beforeWrite?.();
      const restMs = options.deadlineMs - clock.monotonicMs();
      if (restMs < (spec.isWrite ? timeoutMs : 1)) return over(failures.noTime(endpoint, 1000));
      const secret = session?.secret ?? '';
      const exchange = await sender.send({
        ...addressOf(spec, call.parameters, call.query ?? {}, needs.upstream),
        method: spec.method,
        headers: headersOf(spec, call, asked),
        body: spec.method === 'GET' ? null : JSON.stringify(call.body ?? {}),
        proxy: session?.credential.proxy ?? needs.proxy,
        timeoutMs: Math.min(timeoutMs, restMs),
        onSent: spec.isWrite ? options.onSent : undefined,
      });
      if (exchange.kind === 'failed') {
        log({ level: 'debug', msg: 'Roblox did not answer', endpoint, reason: exchange.reason });
        if (spec.isWrite && exchange.wasSent) return over(failures.lost(endpoint, exchange.reason, null));
        return { kind: 'again', afterMs: null, error: failures.unreachable(endpoint, exchange.reason) };
      }
      log({ level: 'debug', msg: 'Roblox answered', endpoint, status: exchange.status });
      if (session !== null && sentWith === 'cookie') {
        const rotated = rotatedCookieOf(exchange.headers, clock.now());
        if (rotated !== null) await session.rotate(secret, rotated);
      }
      const outcome = await weigh(call, asked, state, exchange, secret, bucket);
      if (outcome.kind === 'good') await judged?.proved(isProbe, secret);
      return outcome;
    } finally {
      // Nothing happens where the answer has already closed or opened the circuit.
      if (isProbe) judged?.circuit.probeEnded();
    }
  };

  /** Fails a call at once while its credential's circuit is open. */
  function barred(call: Call, judged: CredentialSession | null): Outcome | null {
    if (judged === null || call.ignoresCircuit === true) return null;
    const found = judged.circuit.barred(clock.monotonicMs(), endpoints[call.endpoint].isWrite);
    return found === null ? null : over(failures.turnedAway(call.endpoint, found.reason, null, found.retryAfterMs));
  }

  async function pastedBadly(endpoint: EndpointName, session: CredentialSession): Promise<Outcome> {
    const reason = `The ${nameOf(session)} contains characters that cannot be sent: it was not pasted whole.`;
    await session.broke('unauthorized', reason);
    return over(failures.turnedAway(endpoint, reason, null, probeAfterMs));
  }

  /** Waits for a slot; null when there is one. */
  async function paced(call: Call, bucket: string, urgency: Urgency, isFirst: boolean): Promise<Outcome | null> {
    const { endpoint, options } = call;
    const startByMs = options.deadlineMs - (endpoints[endpoint].isWrite ? timeoutMs : 0);
    if (isFirst && options.reservation?.take(endpoint) === true) {
      const pausedMs = pacer.pausedForMs(bucket);
      if (clock.monotonicMs() + pausedMs > startByMs) return over(failures.noTime(endpoint, pausedMs));
      if (pausedMs > 0) await clock.wait(pausedMs);
      return null;
    }
    try {
      await pacer.slot(bucket, needs.paceFor(endpoint), urgency, startByMs);
      return null;
    } catch (error) {
      if (!(error instanceof NoSlot)) throw error;
      return over(error.isOutage ? failures.noBookkeeping(endpoint) : failures.noTime(endpoint, error.retryAfterMs));
    }
  }

  async function weigh(
    call: Call,
    asked: Asked,
    state: Attempt,
    answered: Answered,
    secret: string,
    bucket: string,
  ): Promise<Outcome> {
    const { endpoint, session } = call;
    const { status, headers } = answered;
    const pause = (ms: number) => pacer.pause(bucket, needs.paceFor(endpoint), clock.monotonicMs() + ms);
    const emptyMs = emptyForMs(headers);
    if (emptyMs !== null) pause(emptyMs);
    const verdict = judge(withoutSecret(answered, secret), asked);
    const answer = { status, error: verdict.kind === 'good' ? noError : verdict.error };

    switch (verdict.kind) {
      case 'good':
        if (asked.isWrite) return { kind: 'good', answer: null };
        try {
          return { kind: 'good', answer: JSON.parse(answered.body) };
        } catch {
          return { kind: 'again', afterMs: null, error: failures.unreadable(endpoint) };
        }
      case 'refused':
        return over(failures.refused(endpoint, answer));
      case 'csrf':
        if (session !== null) session.csrfToken = verdict.token;
        state.csrfRepeats++;
        if (state.csrfRepeats > 1) return over(failures.refused(endpoint, answer));
        return { kind: 'again', afterMs: 0, error: failures.noTime(endpoint, 1000) };
      case 'limited': {
        const afterMs = retryAfterMs(headers, clock.now()) ?? emptyMs ?? backOffMs(state.number, random);
        if (status === 429) pause(afterMs);
        return { kind: 'again', afterMs, error: failures.limited(endpoint, answer, afterMs) };
      }
      case 'failing': {
        if (asked.isWrite) return over(failures.lost(endpoint, `Roblox answered ${status}`, answer));
        return {
          kind: 'again',
          afterMs: retryAfterMs(headers, clock.now()),
          error: failures.failing(endpoint, answer),
        };
      }
      case 'unauthorized':
      case 'challenge': {
        if (session === null) return over(failures.refused(endpoint, answer));
        const reason =
          verdict.kind === 'challenge'
            ? `Roblox asks for a challenge (${verdict.type}) that only a person can answer: sign in to the account and solve it.`
            : `Roblox does not accept the ${nameOf(session)} (${status}): it expired, was revoked or is used from another address.`;
        const error = failures.turnedAway(endpoint, reason, answer, probeAfterMs);
        // Replaced while this call was under way: the new one has not been turned away, and nothing was changed.
        if (session.secret !== secret) return { kind: 'again', afterMs: 0, error };
        await session.broke(verdict.kind, reason);
        return over(error);
      }
    }
  }
}

const noError = { code: null, message: null };

function over(error: RobloxError): Outcome {
  return { kind: 'over', error };
}

function nameOf(session: CredentialSession): string {
  return session.credential.kind === 'cookie' ? 'cookie' : 'API key';
}

/** What a call of this endpoint is made with. */
export function carrierOf(
  endpoint: EndpointName,
  session: CredentialSession | null,
  carriesKey = false,
): Asked['sentWith'] {
  const needed = endpoints[endpoint].credential;
  const kind = session?.credential.kind;
  if (needed === 'none') return kind === 'cookie' ? 'cookie' : carriesKey ? 'key' : 'nothing';
  if (kind !== needed) throw new TypeError(`${endpoint} cannot be called with ${kind ?? 'no credential'}`);
  return kind === 'cookie' ? 'cookie' : 'key';
}

/**
 * Roblox counts calls by owner account, whatever key or cookie they come with; until we know the account, by credential.
 * What is asked by nobody it counts by address.
 */
export function bucketOf(
  endpoint: EndpointName,
  session: CredentialSession | null,
  sentWith: Asked['sentWith'],
  proxy: string | null,
): string {
  if (session === null || sentWith === 'nothing') {
    const way = session?.credential.proxy ?? proxy;
    const at = way !== null && URL.canParse(way) ? `@${new URL(way).host}` : '';
    return `anonymous${at}:${endpoint}`;
  }
  return `${session.account?.userId ?? `credential:${session.credential.id}`}:${endpoint}`;
}

function headersOf(spec: Endpoint, call: Call, asked: Asked): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'Brevet' };
  if (spec.method !== 'GET') headers['content-type'] = 'application/json';
  if (call.session === null) return headers;
  if (asked.sentWith === 'cookie') {
    headers['cookie'] = `${cookieName}=${call.session.secret}`;
    if (asked.isWrite && call.session.csrfToken !== null) headers[csrfHeader] = call.session.csrfToken;
  } else if (spec.credential === 'openCloud') {
    headers['x-api-key'] = call.session.secret;
  }
  return headers;
}

/** Error texts are shown and logged, and a service might quote what it was sent. */
function withoutSecret(answered: Answered, secret: string): Answered {
  if (answered.status < 300 || secret === '') return answered;
  return { ...answered, body: answered.body.replaceAll(secret, '[secret]') };
}
