/** Every call that came in, newest last; bounded, so that an emulator that runs for weeks stays small. */
import type { Caller } from './call.ts';

export type RequestRecord = {
  readonly id: number;
  readonly endpoint: string | null;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Decoded, as far as it could be. */
  readonly query: string;
  /** On the emulator's clock. */
  readonly time: Date;
  readonly caller: { kind: Caller['kind']; userId: number | null } | null;
  /** Null while it runs, and when the answer was never given. */
  status: number | null;
  /** What was done to it on purpose. */
  faults: readonly string[];
  /** The body as it came, when it was JSON and short. */
  readonly body: unknown;
};

const requestsMax = 10_000;

export class RequestLog {
  #records: RequestRecord[] = [];
  #lastId = 0;

  begin(record: Omit<RequestRecord, 'id' | 'status' | 'faults'>): RequestRecord {
    this.#lastId += 1;
    const entry: RequestRecord = { ...record, id: this.#lastId, status: null, faults: [] };
    this.#records.push(entry);
    // Cutting seldom and much is cheaper than dropping one with every call.
    if (this.#records.length > requestsMax * 1.2) this.#records = this.#records.slice(-requestsMax);
    return entry;
  }

  list(): readonly RequestRecord[] {
    return this.#records.length > requestsMax ? this.#records.slice(-requestsMax) : this.#records;
  }

  clear(): void {
    this.#records = [];
  }
}
