/** Time as an argument: nothing below `src/` top level reads the machine's clock itself. */
export type Clock = {
  /** Wall clock. */
  now(): Date;
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
};
