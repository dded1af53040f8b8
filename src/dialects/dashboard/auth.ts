/** Who may use the management API: whoever has one of its bearer tokens. Nothing of it is open without. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../domain/clock.ts';
import { problemType } from './contract/problem.ts';
import { problemOf } from './errors.ts';

const wrongTokensMax = 10;
const windowMs = 60_000;
const addressesMax = 10_000;
/** Nobody guesses a random token this long, so its owner is let in even while somebody else at the address is guessing. */
const unguessableCharacters = 32;

type Window = { wrong: number; endsMs: number };

const digest = (text: string) => createHash('sha256').update(text).digest();

/** How wrong tokens are counted, address by address. */
function createLockOut(clock: Pick<Clock, 'monotonicMs'>) {
  const windows = new Map<string, Window>();
  const current = (address: string): Window | undefined => {
    const window = windows.get(address);
    return window !== undefined && window.endsMs > clock.monotonicMs() ? window : undefined;
  };
  return {
    /** Seconds until the address may try again; 0 = now. */
    lockedSeconds(address: string): number {
      const window = current(address);
      if (window === undefined || window.wrong < wrongTokensMax) return 0;
      return Math.ceil((window.endsMs - clock.monotonicMs()) / 1000);
    },
    countWrong(address: string): void {
      const window = current(address);
      if (window !== undefined) {
        window.wrong += 1;
        return;
      }
      windows.delete(address);
      // the oldest give way, so that an attacker with many addresses fills no memory
      const [oldest] = windows.size >= addressesMax ? windows.keys() : [];
      if (oldest !== undefined) windows.delete(oldest);
      windows.set(address, { wrong: 1, endsMs: clock.monotonicMs() + windowMs });
    },
  };
}

function tokenOf(request: FastifyRequest): string | null {
  const match = /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? null;
}

/** Compared as digests: of equal length whatever was sent, so the time it takes says nothing. */
function isOneOf(token: string, tokens: readonly string[]): boolean {
  const given = digest(token);
  return tokens.map((known) => timingSafeEqual(digest(known), given)).includes(true);
}

export function createTokenCheck(tokens: () => readonly string[], clock: Pick<Clock, 'monotonicMs'>) {
  const lockOut = createLockOut(clock);
  const refuse = (request: FastifyRequest, reply: FastifyReply, status: 401 | 429, detail: string) =>
    reply
      .code(status)
      .type(problemType)
      .send(problemOf(status, detail, request.url));

  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const token = tokenOf(request);
    const isRight = token !== null && isOneOf(token, tokens());
    if (isRight && token.length >= unguessableCharacters) return undefined;
    const seconds = lockOut.lockedSeconds(request.ip);
    if (seconds > 0) {
      return refuse(request, reply.header('Retry-After', seconds), 429, 'Too many wrong tokens from this address.');
    }
    if (isRight) return undefined;
    if (token === null) {
      reply.header('WWW-Authenticate', 'Bearer realm="brevet"');
      return refuse(request, reply, 401, 'Send the token (ADMIN_TOKEN) as Authorization: Bearer.');
    }
    lockOut.countWrong(request.ip);
    reply.header('WWW-Authenticate', 'Bearer realm="brevet", error="invalid_token"');
    return refuse(request, reply, 401, 'The token is not right.');
  };
}
