/** Cookie sessions: CSRF tokens, rotation of the cookie, logging out (roblox-api.md 10.3 and 10.7). */
import { randomBytes } from 'node:crypto';
import { type Answer, legacyRefusal, ok, type RefusedByRoblox } from './answer.ts';
import type { Handler } from './call.ts';
import type { Behaviour, Session } from './world.ts';

/** Null when the token is the session's own and still good; otherwise the refusal, with a token to go on with. */
export function csrfRefusal(
  session: Session,
  presented: string | string[] | undefined,
  behaviour: Behaviour,
  now: Date,
): RefusedByRoblox | null {
  const isFresh = session.csrfToken !== null && session.csrfExpires !== null && session.csrfExpires > now;
  if (isFresh && presented === session.csrfToken) return null;
  if (!isFresh) rotateCsrf(session, behaviour, now);
  return legacyRefusal(403, 0, behaviour.csrfText, { 'x-csrf-token': session.csrfToken ?? '' });
}

export function rotateCsrf(session: Session, behaviour: Behaviour, now: Date): void {
  session.csrfToken = randomBytes(9).toString('base64');
  session.csrfExpires = new Date(now.getTime() + behaviour.csrfLifetimeSeconds * 1000);
}

/** The header with a new cookie; the old one is worthless from now on. */
export function rotateCookie(session: Session): Record<string, string> {
  const stem = session.cookie.replace(/\.r[0-9a-f]{8}$/, '');
  session.cookie = `${stem}.r${randomBytes(4).toString('hex')}`;
  return { 'set-cookie': `.ROBLOSECURITY=${session.cookie}; domain=.roblox.com; path=/; secure; HttpOnly` };
}

const logOut: Handler = ({ caller }): Answer => {
  if (caller.kind === 'cookie') caller.session.isValid = false;
  return ok({});
};

const refreshSession: Handler = ({ caller }): Answer =>
  ok({}, caller.kind === 'cookie' ? rotateCookie(caller.session) : {});

export const sessionHandlers = { logOut, refreshSession };
