/** A client that is nothing but `fetch` and roblox-api.md: it fills in a documented path, signs in, and shows the CSRF token. */
import type { Emulator } from '../../src/emulator/emulator.ts';
import {
  apiKey,
  cookie,
  groupId,
  ownerCookie,
  ownerKey,
  passId,
  readOnlyKey,
  roleId,
  strangerCookie,
  userId,
} from './company.ts';

const headersOf = {
  nobody: {},
  'bot key': { 'x-api-key': apiKey },
  'owner key': { 'x-api-key': ownerKey },
  'read-only key': { 'x-api-key': readOnlyKey },
  'unknown key': { 'x-api-key': 'nobody knows me' },
  'bot cookie': { cookie: `.ROBLOSECURITY=${cookie}` },
  'owner cookie': { cookie: `.ROBLOSECURITY=${ownerCookie}` },
  'stranger cookie': { cookie: `.ROBLOSECURITY=${strangerCookie}` },
  'unknown cookie': { cookie: '.ROBLOSECURITY=_|WARNING:-DO-NOT-SHARE-THIS.|_nobody-knows-me' },
} as const;

export type Question = {
  /** Method, host and path, with the placeholders of the document. */
  readonly call: string;
  readonly as: keyof typeof headersOf;
  /** What stands for a placeholder where it is not the usual. */
  readonly where?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; `none`: no body at all. Writes send `{}` unless told otherwise. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export const none = Symbol('no body');
export type Reply = { readonly status: number; readonly headers: Headers; readonly body: unknown };

const usually: Readonly<Record<string, string | number>> = {
  G: groupId,
  R: roleId.private,
  U: userId.private,
  M: userId.private,
  type: 'GamePass',
  id: passId,
};

export async function ask(emulator: Emulator, question: Question): Promise<Reply> {
  const first = await send(emulator, question, {});
  const token = first.headers.get('x-csrf-token');
  const isHandshake = first.status === 403 && token !== null && first.headers.get('rblx-challenge-id') === null;
  return isHandshake ? send(emulator, question, { 'x-csrf-token': token }) : first;
}

async function send(emulator: Emulator, question: Question, extra: Record<string, string>): Promise<Reply> {
  const [method = '', place = ''] = question.call.split(' ');
  const values = { ...usually, ...question.where };
  const path = place.replaceAll(/\{(\w+)\}/g, (_all, name: string) => String(values[name]));
  const query = question.query === undefined ? '' : `?${new URLSearchParams(question.query)}`;
  const body = question.body ?? (method === 'GET' ? none : {});
  const response = await fetch(`${emulator.url}/${path}${query}`, {
    method,
    redirect: 'manual',
    headers: {
      ...headersOf[question.as],
      ...question.headers,
      ...(body === none ? {} : { 'content-type': 'application/json' }),
      ...extra,
    },
    ...(body === none ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
