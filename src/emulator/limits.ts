/**
 * Request limits as Roblox documents them (roblox-api.md 3.4 and 10.9). Open Cloud counts by the account that owns the
 * key, over all its keys, and by token; the cookie API by account, or by address for callers without a cookie.
 */
import { type Answer, RefusedByRoblox } from './answer.ts';
import type { Caller } from './call.ts';
import type { Route, RouteName } from './routes.ts';
import type { LimitSettings } from './world.ts';

type Documented = {
  /** Calls a minute of one key owner, or of one account with a cookie. */
  readonly account: number;
  /** Calls a minute of one OAuth token, or of one address without a cookie. */
  readonly other: number;
};

/** What Roblox printed for cookie routes without a real limit. */
const undocumented: Documented = { account: 10_000, other: 10_000 };
const membershipWrite: Documented = { account: 300, other: 90 };
const lookup: Documented = { account: 250, other: 500 };

const documented: Readonly<Partial<Record<RouteName, Documented>>> = {
  cloudGetGroup: { account: 150, other: 30 },
  cloudListRoles: { account: 300, other: 90 },
  cloudGetRole: { account: 300, other: 90 },
  cloudListMemberships: { account: 300, other: 90 },
  cloudPatchMembership: membershipWrite,
  cloudAssignRole: membershipWrite,
  cloudUnassignRole: membershipWrite,
  cloudListJoinRequests: { account: 300, other: 90 },
  cloudAcceptJoinRequest: { account: 100, other: 90 },
  cloudDeclineJoinRequest: { account: 100, other: 90 },
  cloudGetUser: { account: 1000, other: 10 },
  cloudGenerateThumbnail: { account: 1000, other: 10 },
  cloudListInventory: { account: 100, other: 20 },
  cloudPostShout: { account: 100, other: 100 },
  cloudAuditLog: { account: 100, other: 100 },
  cloudGetSettings: { account: 100, other: 100 },
  getGroup: { account: 150, other: 100 },
  postShout: { account: 10, other: 100 },
  acceptJoinRequests: { account: 100, other: 100 },
  declineJoinRequests: { account: 100, other: 100 },
  joinGroup: { account: 20, other: 20 },
  getUser: lookup,
  listUsers: lookup,
  findUsernames: lookup,
  getAuthenticatedUser: { account: 200, other: 300 },
};

export const documentedLimit = (name: RouteName, by: keyof Documented): number =>
  (documented[name] ?? undocumented)[by];

const windowMs = 60_000;

type Bucket = {
  /** Moments of the calls in the window, oldest first, from `head` on. */
  calls: number[];
  head: number;
};

export class Limits {
  readonly #buckets = new Map<string, Bucket>();

  #limitOf(route: Route, caller: Caller, settings: LimitSettings): number {
    const figure = documentedLimit(
      route.name as RouteName,
      caller.kind === 'key' || caller.kind === 'cookie' ? 'account' : 'other',
    );
    return settings.perMinute[route.name] ?? settings.perMinute['*'] ?? figure;
  }

  /**
   * Counts the call. Answers with the headers that Open Cloud puts on everything, or throws the 429. A call that is
   * refused is not counted.
   */
  spend(route: Route, caller: Caller, address: string, settings: LimitSettings, now: Date): Record<string, string> {
    if (!settings.isEnabled) return {};
    const limit = this.#limitOf(route, caller, settings);
    const bucket = this.#bucket(`${ownerOf(caller, address)} ${route.name}`);
    expire(bucket, settings.window, now.getTime());
    const spent = bucket.calls.length - bucket.head;
    const isAllowed = spent < limit;
    if (isAllowed) bucket.calls.push(now.getTime());
    const oldest = bucket.calls[bucket.head] ?? now.getTime();
    const resetSeconds = Math.max(1, Math.ceil((oldest + windowMs - now.getTime()) / 1000));
    const isCloud = route.credential === 'openCloud';
    const headers = {
      'x-ratelimit-limit': `${limit}, ${limit};w=60`,
      'x-ratelimit-remaining': String(Math.max(0, limit - spent - 1)),
      'x-ratelimit-reset': String(resetSeconds),
    };
    if (isAllowed) return isCloud ? headers : {};
    if (!isCloud) throw new RefusedByRoblox(429, { errors: [{ code: 0, message: 'Too many requests' }] });
    const { body } = tooMany(settings.body);
    throw new RefusedByRoblox(429, body, { ...headers, ...retryAfter(settings.retryAfter, resetSeconds, now) });
  }

  /** Fills every bucket. */
  refill(): void {
    this.#buckets.clear();
  }

  #bucket(name: string): Bucket {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const bucket = { calls: [], head: 0 };
    this.#buckets.set(name, bucket);
    return bucket;
  }
}

/** The two bodies an Open Cloud 429 has been seen with. */
export function tooMany(form: LimitSettings['body']): Pick<Answer, 'body'> {
  return form === 'service'
    ? { body: { code: 'RESOURCE_EXHAUSTED', message: 'Quota exceeded for this operation.' } }
    : { body: { errors: [{ code: 0, message: 'Too many requests' }] } };
}

export function retryAfter(form: LimitSettings['retryAfter'], seconds: number, now: Date): Record<string, string> {
  if (form === 'none') return {};
  return {
    'retry-after': form === 'seconds' ? String(seconds) : new Date(now.getTime() + seconds * 1000).toUTCString(),
  };
}

function expire(bucket: Bucket, window: LimitSettings['window'], now: number): void {
  const isGone = (moment: number | undefined) => moment !== undefined && (moment <= now - windowMs || moment > now);
  if (!isGone(bucket.calls[bucket.head])) return;
  if (window === 'fixed') {
    bucket.calls = [];
    bucket.head = 0;
    return;
  }
  while (isGone(bucket.calls[bucket.head])) bucket.head += 1;
  // Dropping the dead entries now and then keeps each call cheap however high the limit.
  if (bucket.head > 1_000) {
    bucket.calls = bucket.calls.slice(bucket.head);
    bucket.head = 0;
  }
}

function ownerOf(caller: Caller, address: string): string {
  switch (caller.kind) {
    case 'key':
      return `owner ${caller.userId}`;
    case 'token':
      return `token ${caller.token.token}`;
    case 'cookie':
      return `account ${caller.userId}`;
    case 'anonymous':
      return `address ${address}`;
  }
}
