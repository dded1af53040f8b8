/**
 * Challenges ("prove that you are you") of the cookie API: the three headers, the authenticator's answer, and the repeated
 * request (roblox-api.md 10.4). Types other than `twostepverification` cannot be solved here, as by any plain server.
 */
import { randomUUID } from 'node:crypto';
import { type Answer, legacyRefusal, ok, type RefusedByRoblox } from './answer.ts';
import { actorOf, type Call, fieldOf, type Handler } from './call.ts';

type Challenge = {
  /** The id inside the metadata, which the verification is asked with. */
  readonly innerId: string;
  readonly userId: number;
  readonly type: string;
  verificationToken: string | null;
  isContinued: boolean;
};

const challengesMax = 1_000;

export class Challenges {
  readonly #open = new Map<string, Challenge>();

  /** The refusal that asks for one. */
  demand(userId: number, type: string): RefusedByRoblox {
    const id = randomUUID();
    const innerId = randomUUID();
    this.#open.set(id, { innerId, userId, type, verificationToken: null, isContinued: false });
    const [oldest] = this.#open.keys();
    if (this.#open.size > challengesMax && oldest !== undefined) this.#open.delete(oldest);
    const metadata = { userId: String(userId), challengeId: innerId, actionType: 'Generic', rememberDevice: false };
    return legacyRefusal(403, 0, 'Challenge is required to authorize the request', {
      'rblx-challenge-id': id,
      'rblx-challenge-type': type,
      'rblx-challenge-metadata': Buffer.from(JSON.stringify(metadata)).toString('base64'),
    });
  }

  /** True when the request carries a challenge that was met; it counts once. */
  isMet(headers: Call['headers'], userId: number): boolean {
    const id = headers['rblx-challenge-id'];
    if (typeof id !== 'string') return false;
    const challenge = this.#open.get(id);
    if (challenge === undefined || challenge.userId !== userId || !challenge.isContinued) return false;
    if (fieldOf(decoded(headers['rblx-challenge-metadata']), 'verificationToken') !== challenge.verificationToken) {
      return false;
    }
    this.#open.delete(id);
    return true;
  }

  verify(innerId: unknown, userId: number): string | null {
    const challenge = [...this.#open.values()].find((open) => open.innerId === innerId && open.userId === userId);
    if (challenge === undefined || challenge.type !== 'twostepverification') return null;
    challenge.verificationToken = randomUUID();
    return challenge.verificationToken;
  }

  continue(id: unknown, metadata: unknown, userId: number): boolean {
    const challenge = typeof id === 'string' ? this.#open.get(id) : undefined;
    if (challenge === undefined || challenge.userId !== userId || challenge.verificationToken === null) return false;
    challenge.isContinued = fieldOf(metadata, 'verificationToken') === challenge.verificationToken;
    return challenge.isContinued;
  }
}

const verifyAuthenticator: Handler = (call): Answer => {
  const userId = actorOf(call);
  const session = call.caller.kind === 'cookie' ? call.caller.session : null;
  if (call.params['userId'] !== String(userId)) throw legacyRefusal(400, 1, 'Invalid challenge ID.');
  if (fieldOf(call.body, 'code') !== session?.authenticatorCode)
    throw legacyRefusal(400, 10, 'Invalid two step verification code.');
  const verificationToken = call.challenges.verify(fieldOf(call.body, 'challengeId'), userId);
  if (verificationToken === null) throw legacyRefusal(400, 1, 'Invalid challenge ID.');
  return ok({ verificationToken });
};

const continueChallenge: Handler = (call): Answer => {
  // The metadata is JSON inside a string; clients that send the object itself are refused, as at Roblox.
  const metadata = parsed(fieldOf(call.body, 'challengeMetadata'));
  const challengeId = fieldOf(call.body, 'challengeId');
  if (!call.challenges.continue(challengeId, metadata, actorOf(call))) {
    throw legacyRefusal(400, 1, 'Challenge failed to authorize the request');
  }
  return ok({ challengeId, challengeType: fieldOf(call.body, 'challengeType'), challengeMetadata: '' });
};

export const challengeHandlers = { verifyAuthenticator, continueChallenge };

function decoded(header: string | string[] | undefined): unknown {
  return typeof header === 'string' ? parsed(Buffer.from(header, 'base64').toString('utf8')) : undefined;
}

function parsed(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
