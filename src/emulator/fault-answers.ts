/** Answers that a fault gives in place of the real one. */
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';
import { retryAfter, tooMany } from './limits.ts';
import type { Route } from './routes.ts';
import type { World } from './world.ts';

type Answering = Extract<Fault, { kind: 'status' | 'html' | 'empty' }>;

const page = '<!DOCTYPE html><html><head><title>Roblox</title></head><body><h1>Service unavailable</h1></body></html>';

export function faultAnswer(fault: Answering, route: Route, world: World, now: Date): Answer {
  if (fault.kind === 'empty') return { status: fault.status, headers: {}, body: undefined };
  if (fault.kind === 'html') return { status: fault.status, headers: {}, body: page };
  const waiting =
    fault.retryAfterSeconds === undefined ? {} : retryAfter(fault.retryAfterForm, fault.retryAfterSeconds, now);
  return {
    status: fault.status,
    headers: { ...waiting, ...fault.headers },
    body: fault.body === undefined ? usualBody(fault.status, route, world) : fault.body,
  };
}

const cloudWords: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  501: 'NOT_IMPLEMENTED',
  503: 'UNAVAILABLE',
};

/** What the route's family says with this status when nothing else is known. */
function usualBody(status: number, route: Route, world: World): unknown {
  const isV2 = route.path.startsWith('/cloud/v2/');
  if (status === 429) return tooMany(isV2 ? world.limits.body : 'gateway').body;
  const word = isV2 ? cloudWords[status] : undefined;
  if (word !== undefined) return { code: word, message: 'The emulator was told to answer so.' };
  return { errors: [{ code: 0, message: 'The emulator was told to answer so.' }] };
}
