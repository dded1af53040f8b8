/** For the tests of this folder: emulators that end with their test, and clients that call them over real HTTP. */
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator.ts';
import { apiKey, cookie, groupId, smallSeed } from './small-world.ts';

const running: Emulator[] = [];

/** Give it to `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((emulator) => emulator.close()));
}

/** Started for one test. */
export async function emulate(seed: unknown = smallSeed(), options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ ...options, seed });
  running.push(emulator);
  return emulator;
}

export type Reply = { status: number; headers: Headers; body: unknown; text: string };
type Extra = { body?: unknown; headers?: Record<string, string> };

export async function call(emulator: Emulator, method: string, path: string, extra: Extra = {}): Promise<Reply> {
  const response = await fetch(`${emulator.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(extra.body === undefined ? {} : { 'content-type': 'application/json' }), ...extra.headers },
    ...(extra.body === undefined
      ? {}
      : { body: typeof extra.body === 'string' ? extra.body : JSON.stringify(extra.body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : undefined, text };
}

/** A call to Open Cloud with the bot's key. `path` starts after `/cloud/v2`. */
export function cloud(
  emulator: Emulator,
  method: string,
  path: string,
  extra: Extra & { key?: string } = {},
): Promise<Reply> {
  const headers = { 'x-api-key': extra.key ?? apiKey, ...extra.headers };
  return call(emulator, method, `/apis.roblox.com/cloud/v2${path}`, { ...extra, headers });
}

/** A call with the bot's cookie and, for writes, its CSRF token. `path` starts with the host. */
export async function legacy(
  emulator: Emulator,
  method: string,
  path: string,
  extra: Extra & { cookie?: string } = {},
): Promise<Reply> {
  const headers = { cookie: `.ROBLOSECURITY=${extra.cookie ?? cookie}`, ...extra.headers };
  // An empty object where there is no body: fetch sends a DELETE without one and without its length.
  const body = method === 'GET' ? undefined : (extra.body ?? {});
  const first = await call(emulator, method, path, { body, headers });
  const token = first.headers.get('x-csrf-token');
  if (first.status !== 403 || token === null || 'x-csrf-token' in headers) return first;
  return call(emulator, method, path, { body, headers: { ...headers, 'x-csrf-token': token } });
}

export const control = (emulator: Emulator, method: string, path: string, body?: unknown): Promise<Reply> =>
  call(emulator, method, `/_emulator/${path}`, body === undefined ? {} : { body });

/** `[status, code]` of a legacy refusal, or of an Open Cloud one. */
export function refusal({ status, body }: Reply): [number, unknown] {
  const { errors, code } = body as { errors?: { code: number }[]; code?: unknown };
  return [status, errors?.[0]?.code ?? code];
}

/** The roles somebody holds, sorted; empty for who is not a member. */
export const heldRoles = (emulator: Emulator, user: number, group = groupId): number[] =>
  [...(emulator.world.groups.get(group)?.members.get(user)?.roleIds ?? [])].sort((a, b) => a - b);
