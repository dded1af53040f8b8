/** The emulator's own clock: the machine's (or the caller's), shifted or stopped on request, so that no test has to wait. */
export type Clock = { now(): Date };

export class EmulatedClock {
  readonly #source: Clock;
  #offsetMs = 0;
  #stoppedAt: number | null = null;

  constructor(source: Clock) {
    this.#source = source;
  }

  now(): Date {
    return new Date((this.#stoppedAt ?? this.#source.now().getTime()) + this.#offsetMs);
  }

  get isStopped(): boolean {
    return this.#stoppedAt !== null;
  }

  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  set(moment: Date): void {
    this.#offsetMs += moment.getTime() - this.now().getTime();
  }

  stop(): void {
    this.#stoppedAt ??= this.#source.now().getTime();
  }

  /** Goes on from where it was stopped, without a jump. */
  resume(): void {
    if (this.#stoppedAt === null) return;
    this.#offsetMs -= this.#source.now().getTime() - this.#stoppedAt;
    this.#stoppedAt = null;
  }

  /** Back to the source's time. */
  reset(): void {
    this.#offsetMs = 0;
    this.#stoppedAt = null;
  }
}
