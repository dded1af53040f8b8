/**
 * Stops calling with a credential that Roblox has turned away: retries cannot help, and retry loops make challenges worse.
 * After a pause one call may find out whether the owner has put things right.
 */
export type Fault = 'unauthorized' | 'challenge';

/** Why a call must not be made now, and when to come back. */
export type Barred = { readonly retryAfterMs: number; readonly reason: string };

export const probeAfterMs = 60_000;

type State =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      readonly fault: Fault;
      readonly reason: string;
      readonly sinceMs: number;
      isProbing: boolean;
    };

export class Circuit {
  #state: State = { kind: 'closed' };

  get isOpen(): boolean {
    return this.#state.kind === 'open';
  }

  /** Null: the call may be made. */
  barred(nowMs: number, isWrite: boolean): Barred | null {
    const state = this.#state;
    if (state.kind === 'closed') return null;
    const restMs = state.sinceMs + probeAfterMs - nowMs;
    if (restMs > 0) return { retryAfterMs: restMs, reason: state.reason };
    if (!isJudge(state.fault, isWrite)) return null;
    return state.isProbing ? { retryAfterMs: 1000, reason: state.reason } : null;
  }

  /**
   * To be called right before a call that is not barred. True when it is the one that decides; it must then be ended by
   * `opened`, `succeeded` or `probeEnded`.
   */
  begin(isWrite: boolean): boolean {
    const state = this.#state;
    if (state.kind === 'closed' || !isJudge(state.fault, isWrite)) return false;
    state.isProbing = true;
    return true;
  }

  opened(fault: Fault, reason: string, nowMs: number): void {
    this.#state = { kind: 'open', fault, reason, sinceMs: nowMs, isProbing: false };
  }

  /** True when that proves the credential good again (or it never was in doubt). */
  succeeded(isProbe: boolean): boolean {
    if (isProbe) this.#state = { kind: 'closed' };
    return this.#state.kind === 'closed';
  }

  /** The probe ended without a word about the credential: the next call may be the probe. */
  probeEnded(): void {
    if (this.#state.kind === 'open') this.#state.isProbing = false;
  }

  close(): void {
    this.#state = { kind: 'closed' };
  }
}

/**
 * Only writes are challenged: a read neither proves a challenge gone nor may be kept waiting for that proof, since every
 * change begins with a read and would otherwise never come to its write.
 */
function isJudge(fault: Fault, isWrite: boolean): boolean {
  return fault !== 'challenge' || isWrite;
}
