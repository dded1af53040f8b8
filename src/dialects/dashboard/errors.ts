/** Refusals and mistakes as problem details (RFC 9457). Each refusal's title; docs/errors.md has its paragraph. */
import { STATUS_CODES } from 'node:http';
import type { Problem } from '../../domain/problem.ts';
import type { Refusal, RefusalCode } from '../../domain/refusals.ts';
import type { ProblemDetails } from './contract/problem.ts';

const retryAfterDatabaseSeconds = 5;

/** A record over all codes, so that a new refusal does not compile until it has an answer here. */
const answers: { readonly [Code in RefusalCode]: readonly [status: number, title: string] } = {
  'key.unknown': [401, 'The key is unknown, revoked or expired.'],
  'key.action-not-allowed': [403, 'The key may not do this.'],
  'key.rank-too-high': [403, 'The rank is above the highest that may be given.'],
  'limit.requests': [429, 'Too many requests this minute.'],
  'group.unknown': [404, 'Roblox has no such group.'],
  'group.foreign': [400, 'The group is not one of the workspace’s groups.'],
  'plan.lacks-action': [403, 'The workspace’s plan does not have this.'],
  'quota.exhausted': [403, 'The monthly quota is used up.'],
  'idempotency.mismatch': [400, 'The Idempotency-Key was used for another request.'],
  'idempotency.running': [409, 'A request with this Idempotency-Key is still running.'],
  'rank.not-on-ladder': [400, 'The group’s ladder has no such rank.'],
  'rank.at-or-above-bot': [409, 'The rank is not below the bot’s own.'],
  'rule.none': [409, 'No rule starts at the member’s rank.'],
  'ladder.end': [409, 'There is no further rank in this direction.'],
  'user.blacklisted': [403, 'The user is blacklisted in this group.'],
  'member.absent': [409, 'The user is not a member of the group.'],
  'join-request.absent': [404, 'The user has not asked to join the group.'],
  'member.is-owner': [409, 'The user owns the group.'],
  'member.is-bot': [409, 'The user is the bot itself.'],
  'member.at-or-above-bot': [409, 'The member is not below the bot.'],
  'credential.missing': [409, 'The workspace has no Roblox credential.'],
  'credential.broken': [502, 'The workspace’s Roblox credential does not work.'],
  'credential.cannot': [409, 'A cookie cannot make this change come out right.'],
  'roblox.busy': [429, 'Roblox is busy; nothing was changed.'],
  'roblox.rejected': [502, 'Roblox rejected the request.'],
  'roblox.unavailable': [502, 'Roblox does not answer; nothing was changed.'],
  'storage.unavailable': [503, 'The database cannot be reached.'],
  'action.not-done': [502, 'Nothing was changed.'],
  'action.unsettled': [502, 'It is not yet known whether the change was applied.'],
  'action.superseded': [409, 'Somebody else changed the member meanwhile; nothing was written.'],
  'action.partial': [502, 'Only a part of the change was applied.'],
  'workspace.unknown': [404, 'There is no workspace with this slug.'],
  'document.invalid': [400, 'The workspace document is wrong. Nothing was changed.'],
  'key.in-use': [409, 'This key is already in use.'],
  'key.not-found': [404, 'The workspace has no such key, or it is revoked already.'],
  'key.needs-group': [400, 'A WESK key opens one group: name it.'],
  'plan.keys-max': [403, 'The workspace’s plan has no room for another WESK key of this group.'],
};

// what a URL asks for is no secret of ours, but it may hold one of the asker's
const pathOf = (url: string) => url.split('?')[0] ?? '';

/** A problem without a code of its own: a route miss, a wrong method, a body that cannot be read. */
export function problemOf(status: number, detail: string, url: string): ProblemDetails {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, instance: pathOf(url) };
}

export function mistakes(status: number, errors: readonly Problem[], url: string): ProblemDetails {
  return { ...problemOf(status, 'The request is wrong. Nothing was changed.', url), errors: [...errors] };
}

export function refusalProblem(refusal: Refusal, url: string): ProblemDetails {
  const { code, ...facts } = refusal;
  const [status, title] = answers[code];
  const problem = { type: `urn:brevet:error:${code}`, title, status, instance: pathOf(url) };
  if (refusal.code === 'document.invalid') return { ...problem, errors: [...refusal.problems] };
  return Object.keys(facts).length === 0 ? problem : { ...problem, facts };
}

export function retryAfterSeconds(refusal: Refusal): number | null {
  if ('retryAfterSeconds' in refusal) return refusal.retryAfterSeconds;
  return refusal.code === 'storage.unavailable' ? retryAfterDatabaseSeconds : null;
}
