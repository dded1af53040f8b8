/** Answers kept for a while, by group: what a group is like changes rarely, and asking costs slots. */
import type { Clock } from '../domain/clock.ts';
import type { GroupId } from '../domain/ids.ts';

type Entry<Value> = { readonly value: Value; readonly untilMs: number };

/** Beyond this, what has run out is dropped. */
const entriesMax = 5_000;

export class Remembered<Value> {
  readonly #byGroup = new Map<GroupId, Map<string, Entry<Value>>>();
  readonly #clock: Clock;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(groupId: GroupId, key: string): { readonly value: Value } | null {
    const entry = this.#byGroup.get(groupId)?.get(key);
    return entry !== undefined && entry.untilMs > this.#clock.monotonicMs() ? entry : null;
  }

  set(groupId: GroupId, key: string, value: Value, forMs: number): void {
    if (this.#count >= entriesMax) this.#dropOld();
    let entries = this.#byGroup.get(groupId);
    if (entries === undefined) {
      entries = new Map();
      this.#byGroup.set(groupId, entries);
    }
    if (!entries.has(key)) this.#count++;
    entries.set(key, { value, untilMs: this.#clock.monotonicMs() + forMs });
  }

  forget(groupId: GroupId): void {
    this.#count -= this.#byGroup.get(groupId)?.size ?? 0;
    this.#byGroup.delete(groupId);
  }

  #dropOld(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [groupId, entries] of this.#byGroup) {
      for (const [key, entry] of entries) if (entry.untilMs <= nowMs) entries.delete(key);
      if (entries.size === 0) this.#byGroup.delete(groupId);
    }
    this.#count = [...this.#byGroup.values()].reduce((sum, entries) => sum + entries.size, 0);
  }
}
