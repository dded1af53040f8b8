/** The sentences of `RobloxError`: they may be shown to the caller, so they hold no secret, address or body. */
import type { EndpointName } from './endpoints.ts';
import type { ErrorBody } from './error-body.ts';
import { RobloxError } from './roblox.ts';

type Answer = { readonly status: number; readonly error: ErrorBody };

/** "403 PERMISSION_DENIED: The key lacks the scope." */
function said({ status, error }: Answer): string {
  const code = error.code === null ? '' : ` ${typeof error.code === 'number' ? `code ${error.code}` : error.code}`;
  return `${status}${code}${error.message === null ? '' : `: ${error.message}`}`;
}

export function refused(endpoint: EndpointName, answer: Answer): RobloxError {
  return new RobloxError('refused', endpoint, `Roblox refused with ${said(answer)}`, facts(answer));
}

export function turnedAway(endpoint: EndpointName, reason: string, answer: Answer | null, afterMs: number) {
  return new RobloxError('credential', endpoint, reason, { ...facts(answer), retryAfterSeconds: seconds(afterMs) });
}

export function limited(endpoint: EndpointName, answer: Answer, afterMs: number): RobloxError {
  const message = `Roblox has too much to do: ${said(answer)}`;
  return new RobloxError('busy', endpoint, message, { ...facts(answer), retryAfterSeconds: seconds(afterMs) });
}

export function noTime(endpoint: EndpointName, afterMs: number): RobloxError {
  const message = 'Roblox’s rate limit leaves no room for this call before its deadline.';
  return new RobloxError('busy', endpoint, message, { retryAfterSeconds: seconds(afterMs) });
}

export function noBookkeeping(endpoint: EndpointName): RobloxError {
  const message = 'The bookkeeping of Roblox’s rate limit could not be reached; nothing was sent.';
  return new RobloxError('bookkeeping', endpoint, message, { retryAfterSeconds: 1 });
}

export function failing(endpoint: EndpointName, answer: Answer): RobloxError {
  const message = `Roblox is not working properly: it answered ${said(answer)}`;
  return new RobloxError('unavailable', endpoint, message, { ...facts(answer), retryAfterSeconds: 5 });
}

export function unreachable(endpoint: EndpointName, reason: string): RobloxError {
  return new RobloxError('unavailable', endpoint, `Roblox could not be reached (${reason}).`, { retryAfterSeconds: 5 });
}

export function unreadable(endpoint: EndpointName): RobloxError {
  return new RobloxError('unavailable', endpoint, 'Roblox’s answer was not understood.', { retryAfterSeconds: 60 });
}

export function lost(endpoint: EndpointName, reason: string, answer: Answer | null): RobloxError {
  const message = `The call was sent, but its outcome is unknown (${reason}); it may have been applied.`;
  return new RobloxError('lost', endpoint, message, facts(answer));
}

function facts(answer: Answer | null): { status: number | null; code: number | string | null } {
  return { status: answer?.status ?? null, code: answer?.error.code ?? null };
}

function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
