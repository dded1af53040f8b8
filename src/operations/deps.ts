/** What operations may be given. Each names the part it touches with `Pick<Deps, …>`. */
import type { Clock } from '../domain/clock.ts';
import type { Roblox } from '../roblox/roblox.ts';
import type { Storage } from '../storage/storage.ts';
import type { GroupQuestions } from './admit-to-group.ts';
import type { RequestWindows } from './count-request.ts';
import type { Turns } from './turn.ts';

export type Log = {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
};

export type Deps = {
  readonly storage: Storage;
  readonly roblox: Roblox;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly groupQuestions: GroupQuestions;
  readonly requestWindows: RequestWindows;
  readonly log: Log;
};

/** A request gives up after this long (design.md 3, the gateway). */
export const requestDeadlineMs = 25_000;
