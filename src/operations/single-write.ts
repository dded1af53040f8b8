/**
 * Actions that are one write at Roblox and are settled by evidence of their own instead of role sets: exile, accept,
 * decline, shout (design.md 3.9).
 */
import type { Action } from '../domain/action.ts';
import { type EndpointName, writeEndpoints } from '../roblox/endpoints.ts';
import { type CallOptions, type Credential, RobloxError } from '../roblox/roblox.ts';
import type { RankingSettings } from '../storage/ranking.ts';
import type { Deps } from './deps.ts';
import { preferredCredential } from './member-view.ts';
import { refusalAfterIntent } from './roblox-refusal.ts';
import { TurnLost } from './turn.ts';
import { settled, type WriteResult } from './write-roles.ts';

export type SingleWriteKind = keyof typeof writeEndpoints;

/** What an action is about, as journalled. */
type Subject = Pick<Action, 'kind' | 'groupId' | 'userId' | 'requested' | 'createdAt'>;

/** `unknown`: Roblox does not show it and never will. */
export type Evidence = 'done' | 'not-done' | 'superseded' | 'unknown';

type Write = {
  send(roblox: Deps['roblox'], credential: Credential, subject: Subject, options: CallOptions): Promise<void>;
  evidence(roblox: Deps['roblox'], credential: Credential, subject: Subject, options: CallOptions): Promise<Evidence>;
  /** Whether sending it twice can do harm: then a lost answer is left to settlement. */
  readonly isRepeatable: boolean;
};

const writes: Record<SingleWriteKind, Write> = {
  exile: {
    isRepeatable: true,
    send: (roblox, credential, { groupId, userId }, options) => roblox.exileUser(credential, groupId, userId, options),
    async evidence(roblox, credential, { groupId, userId, createdAt }, options) {
      const { isMember, joinedAt } = await roblox.readMembership(credential, groupId, userId, options);
      const joinedSince = joinedAt !== undefined && joinedAt !== null && joinedAt > createdAt;
      return !isMember || joinedSince ? 'done' : 'not-done';
    },
  },
  accept: {
    isRepeatable: true,
    send: (roblox, credential, { groupId, userId }, options) =>
      roblox.acceptJoinRequest(credential, groupId, userId, options),
    async evidence(roblox, credential, { groupId, userId }, options) {
      const { isMember } = await roblox.readMembership(credential, groupId, userId, options);
      if (isMember) return 'done';
      return (await roblox.hasJoinRequest(credential, groupId, userId, options)) ? 'not-done' : 'superseded';
    },
  },
  decline: {
    isRepeatable: true,
    send: (roblox, credential, { groupId, userId }, options) =>
      roblox.declineJoinRequest(credential, groupId, userId, options),
    async evidence(roblox, credential, { groupId, userId }, options) {
      if (await roblox.hasJoinRequest(credential, groupId, userId, options)) return 'not-done';
      const { isMember } = await roblox.readMembership(credential, groupId, userId, options);
      return isMember ? 'superseded' : 'done';
    },
  },
  shout: {
    isRepeatable: false,
    send: (roblox, credential, { groupId, requested }, options) =>
      roblox.postShout(credential, groupId, requested.kind === 'shout' ? requested.text : '', options),
    async evidence(roblox, credential, { groupId, requested, createdAt }, options) {
      const shout = await roblox.readShout(credential, groupId, options);
      if (shout === null || requested.kind !== 'shout') return 'unknown';
      const bot = await roblox.readBot(credential, groupId, options);
      // Roblox's clock stands beside ours: a second of difference is no evidence
      const isSince = shout.postedAt.getTime() >= createdAt.getTime() - 1000;
      if (!isSince) return 'not-done';
      return shout.text === requested.text && shout.posterId === bot.userId ? 'done' : 'superseded';
    },
  },
};

export function isSingleWrite(kind: Action['kind']): kind is SingleWriteKind {
  return kind in writes;
}

/** The preferred credential that can do it at all. */
export function credentialFor(
  kind: SingleWriteKind,
  settings: Pick<RankingSettings, 'credentials'>,
): Credential | null {
  const able = settings.credentials.filter((one) => writeEndpoints[kind][one.kind] !== null);
  return preferredCredential({ credentials: able });
}

export function endpointFor(kind: SingleWriteKind, credential: Credential): EndpointName[] {
  const endpoint = writeEndpoints[kind][credential.kind];
  return endpoint === null ? [] : [endpoint];
}

export function evidenceOf(
  deps: Pick<Deps, 'roblox'>,
  kind: SingleWriteKind,
  credential: Credential,
  subject: Subject,
  options: CallOptions,
): Promise<Evidence> {
  return writes[kind].evidence(deps.roblox, credential, subject, options);
}

const attemptsMax = 4;
const pauseBetweenAttemptsMs = 250;

/**
 * Sends it; when the answer is lost, looks for evidence and sends it again where that does no harm. `isBegun`: it may have
 * been sent before.
 */
export async function writeOnce(
  deps: Pick<Deps, 'roblox' | 'clock'>,
  kind: SingleWriteKind,
  credential: Credential,
  subject: Subject,
  options: CallOptions,
  isBegun = false,
): Promise<WriteResult> {
  const write = writes[kind];
  const held = kind === 'exile' ? [] : null;
  let hasLost = isBegun;
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    try {
      await write.send(deps.roblox, credential, subject, options);
      return settled('done', held);
    } catch (error) {
      if (error instanceof TurnLost) return { kind: 'unsettled' };
      if (!(error instanceof RobloxError)) throw error;
      if (error.failure === 'lost') hasLost = true;
      else if (!hasLost) {
        return settled(error.failure === 'refused' ? 'rejected' : 'not-done', null, refusalAfterIntent(error));
      }
      const evidence = await write.evidence(deps.roblox, credential, subject, options).catch(() => null);
      if (evidence === null || (evidence === 'not-done' && !write.isRepeatable)) return { kind: 'unsettled' };
      if (evidence !== 'not-done') return settled(evidence, evidence === 'done' ? held : null);
      // turned down, nothing to be seen, but a write whose answer is lost may still land: time tells
      if (error.failure !== 'lost') return { kind: 'unsettled' };
    }
    await deps.clock.wait(pauseBetweenAttemptsMs * attempt);
  }
  return { kind: 'unsettled' };
}
