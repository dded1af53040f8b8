/**
 * What the rest of Brevet may ask of Roblox: the gateway's interface, its credentials and its one error.
 * The gateway (`gateway.ts`) paces, retries and reports; it decides nothing about ranks.
 */
import type { GroupId, RoleId, UserId } from '../domain/ids.ts';
import type { Bot, Membership, Role } from '../domain/roles.ts';
import type { EndpointName } from './endpoints.ts';

export type Credential = {
  /** Row id; 0 for one that is not stored yet (a check before saving). */
  readonly id: number;
  readonly kind: 'openCloud' | 'cookie';
  /** The key or the cookie in the clear: never log it, never put it into an error. */
  readonly secret: string;
  /** Outgoing proxy of this credential alone; null = `ROBLOX_PROXY` or none. */
  readonly proxy: string | null;
};

export type CallOptions = {
  /**
   * On `Clock.monotonicMs()`: when to give up; at most 25 s from now. A write attempt starts only while a whole write
   * time-out (7 s) is left before it, so that it ends in time whatever happens; otherwise the answer is `busy`.
   */
  readonly deadlineMs: number;
  /** Who goes first when slots are scarce: reads and writes of a change, then plain reads, then bulk work. */
  readonly priority: 'change' | 'read' | 'bulk';
  /** Slots taken beforehand with `reserve`; calls that find theirs there do not wait. */
  readonly reservation?: Reservation;
  /**
   * Writes only: awaited right before each attempt that is sent, after all waiting. Throws to stop; its error is passed on
   * as it is, and nothing was sent by this attempt.
   */
  readonly beforeWrite?: () => Promise<void>;
  /** Writes only: called when an attempt leaves this machine. From then on its fate may be unknown. */
  readonly onSent?: () => void;
};

/** Slots of Roblox's limit, taken before the intent is journalled so that "busy" is never said after it (design.md 3). */
export type Reservation = {
  /** Uses up one slot of this endpoint; false when none is left. */
  take(endpoint: EndpointName): boolean;
};

export type CredentialHealth = 'unknown' | 'ok' | 'broken';

/** What a credential turned out to be when asked about itself. */
export type CredentialReport = {
  readonly userId: UserId;
  readonly name: string;
  /** Sentences an owner can act on, e.g. "The key lacks the scope group:write." Empty when all is well. */
  readonly problems: readonly string[];
  /** Set when Roblox replaced the cookie while it was asked: this one is to be stored, the other soon stops working. */
  readonly replacedBy: string | null;
};

export type Shout = { readonly text: string; readonly posterId: UserId | null; readonly postedAt: Date };

export type Roblox = {
  /** All roles of a group, at most 5 minutes old; `fresh` asks now. Null when Roblox knows no such group. */
  readRoles(
    credential: Credential,
    groupId: GroupId,
    options: CallOptions & { fresh?: boolean },
  ): Promise<readonly Role[] | null>;
  /** One role as it is now; null when it is gone. */
  readRole(credential: Credential, groupId: GroupId, roleId: RoleId, options: CallOptions): Promise<Role | null>;
  /** One Roblox read, never cached; identical reads in flight are one call. */
  readMembership(credential: Credential, groupId: GroupId, userId: UserId, options: CallOptions): Promise<Membership>;
  /** The account the credential acts as and its highest rank in the group, at most 5 minutes old. */
  readBot(credential: Credential, groupId: GroupId, options: CallOptions): Promise<Bot>;
  /** Null: it could not be asked. */
  groupExists(credential: Credential | null, groupId: GroupId, options: CallOptions): Promise<boolean | null>;
  /** Open Cloud: adds one role. Idempotent at Roblox. */
  assignRole(
    credential: Credential,
    groupId: GroupId,
    userId: UserId,
    roleId: RoleId,
    options: CallOptions,
  ): Promise<void>;
  /** Open Cloud: removes one role. Idempotent at Roblox. */
  unassignRole(
    credential: Credential,
    groupId: GroupId,
    userId: UserId,
    roleId: RoleId,
    options: CallOptions,
  ): Promise<void>;
  /** Cookie: makes this the member's role; what happens to further roles is Roblox's secret (roblox-api.md 17). */
  setRole(
    credential: Credential,
    groupId: GroupId,
    userId: UserId,
    roleId: RoleId,
    options: CallOptions,
  ): Promise<void>;
  /** Cookie: removes the member; Open Cloud has no such call. */
  exileUser(credential: Credential, groupId: GroupId, userId: UserId, options: CallOptions): Promise<void>;
  acceptJoinRequest(credential: Credential, groupId: GroupId, userId: UserId, options: CallOptions): Promise<void>;
  declineJoinRequest(credential: Credential, groupId: GroupId, userId: UserId, options: CallOptions): Promise<void>;
  /** Whether the user asks to join. */
  hasJoinRequest(credential: Credential, groupId: GroupId, userId: UserId, options: CallOptions): Promise<boolean>;
  postShout(credential: Credential, groupId: GroupId, text: string, options: CallOptions): Promise<void>;
  /** Null when there is none or it is not shown to us. */
  readShout(credential: Credential, groupId: GroupId, options: CallOptions): Promise<Shout | null>;
  /**
   * Waits for one slot of each endpoint named (repeat a name for several). Throws `busy` when none comes before the deadline,
   * or, for a write, none that leaves a whole time-out before it; `credential` while the circuit is open.
   */
  reserve(credential: Credential, endpoints: readonly EndpointName[], options: CallOptions): Promise<Reservation>;
  /** Asks Roblox what the credential is, whatever its circuit says. */
  inspect(credential: Credential, groupIds: readonly GroupId[], options: CallOptions): Promise<CredentialReport>;
  /** Drops everything remembered about a group, e.g. after the owner changed its ladder. */
  forgetGroup(groupId: GroupId): void;
  /** Ends at once: a write under way is `lost`, and nobody waits any longer. */
  close(): Promise<void>;
};

/**
 * - `refused`: Roblox said no for good (4xx); nothing was changed.
 * - `credential`: 401, a challenge, or an open circuit; nothing was changed, the owner must act.
 * - `busy`: no slot or 429 until the deadline; nothing was changed.
 * - `unavailable`: a read failed, or a write certainly never left.
 * - `bookkeeping`: our own record of the limits could not be reached; nothing was sent.
 * - `lost`: a write was sent and its fate is unknown; it may still be applied later.
 */
export type RobloxFailure = 'refused' | 'credential' | 'busy' | 'unavailable' | 'bookkeeping' | 'lost';

/** The only error the gateway throws. Its message holds no secret and may be shown to the caller. */
export class RobloxError extends Error {
  override readonly name = 'RobloxError';
  readonly failure: RobloxFailure;
  readonly endpoint: EndpointName;
  /** HTTP status of Roblox's answer; null when there was none. */
  readonly status: number | null;
  /** Roblox's own code: a number (legacy) or a word (Open Cloud). */
  readonly code: number | string | null;
  /** Whole seconds after which a retry makes sense; only with `busy`, `unavailable`, `credential`. */
  readonly retryAfterSeconds: number | null;

  constructor(
    failure: RobloxFailure,
    endpoint: EndpointName,
    message: string,
    facts: {
      status?: number | null;
      code?: number | string | null;
      retryAfterSeconds?: number | null;
      cause?: unknown;
    } = {},
  ) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.failure = failure;
    this.endpoint = endpoint;
    this.status = facts.status ?? null;
    this.code = facts.code ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}

/** What the wiring hands to the gateway, as plain functions (design.md 3). */
export type GatewayNeeds = {
  /**
   * Reserves `count` slots of a bucket, `spacingMs` apart, at most `burst` at once, shared by all processes. Answers in how
   * many milliseconds the first of them starts; a negative number says that the bucket was idle and some have started
   * already, so that they may be used at once (0 is always a safe answer).
   */
  takeSlots(request: {
    bucket: string;
    spacingMs: number;
    burst: number;
    count: number;
  }): Promise<{ firstInMs: number }>;
  /**
   * Persists a rotated cookie before the next call uses it. `credential.secret` is the one it replaces: where something else
   * is stored by now the owner was faster, and theirs stays. Not called for a credential that is not stored (id 0).
   */
  saveCookie(credential: Credential, cookie: string): Promise<void>;
  reportHealth(credential: Credential, health: CredentialHealth, reason: string): Promise<void>;
};
