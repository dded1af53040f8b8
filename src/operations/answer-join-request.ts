/** Accepts or declines a request to join the group. */
import type { Caller } from '../domain/caller.ts';
import { Refused } from '../domain/refusals.ts';
import { orRefuse } from './member-view.ts';
import {
  type ActionAnswer,
  type ActionInput,
  type Attempt,
  type Prepared,
  type RunDeps,
  runAction,
} from './run-action.ts';
import { credentialFor, endpointFor, writeOnce } from './single-write.ts';

export type JoinRequestInput = ActionInput & { readonly verdict: 'accept' | 'decline' };

/** Throws Refused when nothing was begun; otherwise answers the action. A blacklisted user can only be declined. */
export async function answerJoinRequest(deps: RunDeps, caller: Caller, input: JoinRequestInput): Promise<ActionAnswer> {
  const { verdict } = input;
  return runAction(deps, caller, input, {
    kind: verdict,
    requested: { kind: 'member' },
    credential: (settings) => credentialFor(verdict, settings),
    prepare: (attempt) => prepare(attempt, verdict),
  });
}

async function prepare(
  { deps, input, settings, credential, call }: Attempt,
  verdict: 'accept' | 'decline',
): Promise<Prepared> {
  const { groupId, userId } = input;
  if (verdict === 'accept' && settings.isBlacklisted) throw new Refused({ code: 'user.blacklisted', userId });
  if (!(await orRefuse(deps.roblox.hasJoinRequest(credential, groupId, userId, call)))) {
    throw new Refused({ code: 'join-request.absent', userId });
  }
  return {
    kind: 'begin',
    change: { fromRank: null, toRank: null, before: [], after: [] },
    endpoints: endpointFor(verdict, credential),
    remarks: [],
    perform: (action, options) => writeOnce(deps, verdict, credential, action, options),
  };
}
