/**
 * One call of one endpoint, with everything that may happen on the way: waiting for a slot, the circuit, CSRF, rotation,
 * retries until the deadline, and the one error at the end.
 */
import type { Clock } from '../domain/clock.ts';
import type { Parameters } from './address.ts';
import { type Attempt, type AttemptNeeds, createAttempt, type Outcome } from './attempt.ts';
import type { CredentialSession } from './credential-session.ts';
import { type AnswerOf, type EndpointName, endpoints } from './endpoints.ts';
import { unreadable } from './failures.ts';
import type { Urgency } from './pacer.ts';
import { backOffMs } from './retry.ts';
import { type CallOptions, RobloxError } from './roblox.ts';
import { SingleFlight } from './single-flight.ts';

export type Call<Name extends EndpointName = EndpointName> = {
  readonly endpoint: Name;
  readonly parameters: Parameters;
  readonly query?: Parameters;
  readonly body?: unknown;
  /** Null: asked by nobody. */
  readonly session: CredentialSession | null;
  /** `deadlineMs` is at most 25 s away. */
  readonly options: CallOptions;
  /** For what is nice to know: gives up after so many attempts. */
  readonly attemptsMax?: number;
  /** The body carries the key, so the answer says something about the credential although no header does. */
  readonly carriesKey?: boolean;
  readonly ignoresCircuit?: boolean;
};

export type Caller = {
  read<Name extends EndpointName>(call: Call<Name>): Promise<AnswerOf<Name>>;
  write(call: Call): Promise<void>;
};

/** `closing`: when it aborts nobody waits any longer, and what failed last is the answer. */
export function createCaller(needs: AttemptNeeds & { readonly clock: Clock; readonly closing: AbortSignal }): Caller {
  const { clock, log, random, timeoutMs, closing } = needs;
  const flights = new SingleFlight(clock);
  const attempt = createAttempt(needs);

  /** Until good, refused or out of time. */
  async function perform(call: Call, urgency: Urgency): Promise<Outcome & { kind: 'good' }> {
    const { isWrite } = endpoints[call.endpoint];
    const attemptsMax = call.attemptsMax ?? Number.POSITIVE_INFINITY;
    const state: Attempt = { number: 0, csrfRepeats: 0 };
    for (;;) {
      const outcome = await attempt(call, urgency, state);
      state.number++;
      if (outcome.kind === 'good') return outcome;
      if (outcome.kind === 'over') throw outcome.error;
      const restMs = call.options.deadlineMs - clock.monotonicMs() - (isWrite ? timeoutMs : 0);
      const afterMs = outcome.afterMs ?? backOffMs(state.number - 1, random);
      if (afterMs >= restMs || state.number >= attemptsMax) throw outcome.error;
      const { status, code, failure } = outcome.error;
      log({ level: 'info', msg: 'asking Roblox again', endpoint: call.endpoint, failure, status, code, afterMs });
      try {
        if (afterMs > 0) await clock.wait(afterMs, closing);
      } catch {
        throw outcome.error;
      }
    }
  }

  async function readOnce<Name extends EndpointName>(call: Call<Name>, urgency: Urgency): Promise<AnswerOf<Name>> {
    const { answer } = await perform(call, urgency);
    const parsed = endpoints[call.endpoint].answer.safeParse(answer);
    // Not asked again: a shape that changed does not change back within seconds.
    if (!parsed.success) {
      log({ level: 'warn', msg: 'Roblox’s answer has an unknown shape', endpoint: call.endpoint });
      throw unreadable(call.endpoint);
    }
    return parsed.data as AnswerOf<Name>;
  }

  return {
    read(call) {
      const subject = JSON.stringify([call.endpoint, call.parameters, call.query ?? null, call.session?.key ?? null]);
      const late = () => new RobloxError('unavailable', call.endpoint, 'Roblox did not answer before the deadline.');
      return flights.join(subject, call.options, late, (urgency) => readOnce(call, urgency));
    },
    async write(call) {
      await perform(call, { priority: call.options.priority });
    },
  };
}
