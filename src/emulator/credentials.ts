/** Who is calling: API keys, OAuth tokens and cookies, and the many ways in which they are not accepted. */
import { BlockList } from 'node:net';
import { cloudRefusal, gatewayRefusal, legacyRefusal, serviceRefusal } from './answer.ts';
import type { Caller } from './call.ts';
import { type Route, type RouteName, scopes } from './routes.ts';
import type { ApiKey, Session, World } from './world.ts';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A key that nobody used or edited for so long expires by itself. */
const idleDaysMax = 60;
const dayMs = 24 * 60 * 60 * 1000;

export const isExpired = (key: ApiKey, now: Date): boolean =>
  (key.expires !== null && key.expires <= now) || now.getTime() - key.lastUsed.getTime() > idleDaysMax * dayMs;

/** Throws the refusal that the route's host gives. */
export function authenticate(route: Route, headers: Headers, address: string, world: World, now: Date): Caller {
  if (route.credential === 'openCloud') return cloudCaller(headers, address, world, now);
  const cookie = cookieIn(headers);
  if (route.credential === 'none') {
    const session = cookie === null ? undefined : usableSession(world, cookie);
    return session === undefined
      ? { kind: 'anonymous', userId: null }
      : { kind: 'cookie', userId: session.userId, session };
  }
  if (cookie === null || cookie === '') throw gatewayRefusal(401, 'Authentication cookie is empty');
  const session = usableSession(world, cookie);
  if (session === undefined) {
    const wasKnown = world.sessions.some((known) => known.cookie === cookie);
    if (wasKnown) throw legacyRefusal(401, 0, 'Authorization has been denied for this request.');
    throw gatewayRefusal(401, 'User is not authenticated');
  }
  return { kind: 'cookie', userId: session.userId, session };
}

function cloudCaller(headers: Headers, address: string, world: World, now: Date): Caller {
  const bearer = /^Bearer (.+)$/i.exec(textOf(headers['authorization']))?.[1];
  if (bearer !== undefined) {
    const token = world.tokens.find((known) => known.token === bearer && known.expires > now);
    if (token === undefined) throw gatewayRefusal(401, 'Invalid token');
    return { kind: 'token', userId: token.userId, token };
  }
  const presented = textOf(headers['x-api-key']);
  const key = presented === '' ? undefined : world.keys.find((known) => known.key === presented);
  if (key === undefined || !key.isEnabled || isExpired(key, now)) throw gatewayRefusal(401, 'Invalid API Key');
  if (!isAddressAllowed(key, address)) throw gatewayRefusal(403, 'The API key may not be used from this address.');
  key.lastUsed = now;
  return { kind: 'key', userId: key.ownerId, key };
}

/** A key needs the route's scope, and the group must be one it reaches. */
export function checkScope(route: Route, caller: Caller, groupId: string | undefined): void {
  if (caller.kind !== 'key' && caller.kind !== 'token') return;
  const scope = scopes[route.name as RouteName];
  const granted = caller.kind === 'key' ? caller.key.scopes : caller.token.scopes;
  const reaches =
    caller.kind === 'token' || caller.key.groupIds === null || caller.key.groupIds.some((id) => String(id) === groupId);
  if (scope === undefined || (granted.includes(scope) && reaches)) return;
  if (route.path.startsWith('/legacy-groups/')) {
    throw serviceRefusal(403, 'INSUFFICIENT_SCOPE', `The caller lacks the scope ${scope}.`);
  }
  throw cloudRefusal('PERMISSION_DENIED', `The caller lacks the scope ${scope}.`);
}

const usableSession = (world: World, cookie: string): Session | undefined =>
  world.sessions.find(
    (session) => session.cookie === cookie && session.isValid && session.region === world.behaviour.callerRegion,
  );

/** Null: no such cookie was sent. */
export function cookieIn(headers: Headers): string | null {
  const match = /(?:^|;\s*)\.ROBLOSECURITY=([^;]*)/.exec(textOf(headers['cookie']));
  return match?.[1]?.trim() ?? null;
}

function isAddressAllowed(key: ApiKey, address: string): boolean {
  if (key.allowedCidrs.length === 0) return true;
  const allowed = new BlockList();
  for (const cidr of key.allowedCidrs) {
    const [net = '', bits = '0'] = cidr.split('/');
    allowed.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
  }
  const plain = address.replace(/^::ffff:/, '');
  return allowed.check(plain, plain.includes(':') ? 'ipv6' : 'ipv4');
}

const textOf = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? (header[0] ?? '') : (header ?? '');
