/** One call as a handler sees it: authenticated, parsed, with the world it reads and writes. */
import type { Answer } from './answer.ts';
import type { Challenges } from './challenges.ts';
import type { ApiKey, OAuthToken, Session, World } from './world.ts';

/** Who calls. */
export type Caller =
  | { readonly kind: 'key'; readonly userId: number; readonly key: ApiKey }
  | { readonly kind: 'token'; readonly userId: number; readonly token: OAuthToken }
  | { readonly kind: 'cookie'; readonly userId: number; readonly session: Session }
  | { readonly kind: 'anonymous'; readonly userId: null };

export type Call = {
  readonly world: World;
  readonly challenges: Challenges;
  readonly now: Date;
  /** Reads show groups as they were then; null: as they are. */
  readonly asOf: Date | null;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as JSON; undefined when there is none. Unreadable JSON is the text itself. */
  readonly body: unknown;
  readonly address: string;
};

/** Looks, decides, and changes the world last; throws `RefusedByRoblox` before anything was changed. */
export type Handler = (call: Call) => Answer;

/** The account behind the call; only routes that let nobody in without a credential may ask. */
export function actorOf(call: Call): number {
  if (call.caller.userId === null) throw new Error('An anonymous call reached a handler that acts for somebody.');
  return call.caller.userId;
}

/** A positive integer out of a path or query; null when it is none. */
export function idIn(text: string | undefined | null): number | null {
  if (text === undefined || text === null || !/^\d{1,16}$/.test(text)) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) && id > 0 ? id : null;
}

/** One field of a JSON object body; undefined when there is no such field or no object. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? Object.entries(body).find(([key]) => key === name)?.[1]
    : undefined;
}

export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
