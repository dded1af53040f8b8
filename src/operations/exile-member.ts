/** Removes a member from the group. Only a cookie can; the roles held go with the membership. */
import type { Caller } from '../domain/caller.ts';
import { guestRank } from '../domain/ids.ts';
import { ladderRank, refuseToTouch } from '../domain/rank-change.ts';
import { Refused } from '../domain/refusals.ts';
import { orRefuse, readGroupRoles, readMember } from './member-view.ts';
import {
  type ActionAnswer,
  type ActionInput,
  type Attempt,
  type Prepared,
  type RunDeps,
  runAction,
} from './run-action.ts';
import { credentialFor, endpointFor, writeOnce } from './single-write.ts';

/** Throws Refused when nothing was begun; otherwise answers the action. Works on blacklisted users too. */
export async function exileMember(deps: RunDeps, caller: Caller, input: ActionInput): Promise<ActionAnswer> {
  return runAction(deps, caller, input, {
    kind: 'exile',
    requested: { kind: 'member' },
    credential: (settings) => credentialFor('exile', settings),
    prepare,
  });
}

async function prepare({ deps, input, settings, turn, credential, call }: Attempt): Promise<Prepared> {
  const { groupId, userId } = input;
  const { confirmedLadder } = settings;
  const roles = await readGroupRoles(deps, credential, groupId, call);
  const member = { userId, memory: turn.memory, now: turn.now };
  const [view, bot] = await orRefuse(
    Promise.all([
      readMember(deps, credential, { groupId, roles, confirmedLadder }, member, call),
      deps.roblox.readBot(credential, groupId, call),
    ]),
  );
  const refusal = refuseToTouch(userId, roles, view.membership, bot);
  if (refusal !== null) throw new Refused(refusal);
  const fromRank = ladderRank(roles, confirmedLadder, view.membership);
  return {
    kind: 'begin',
    change: { fromRank, toRank: guestRank, before: view.held, after: [] },
    endpoints: endpointFor('exile', credential),
    remarks: [],
    perform: (action, options) => writeOnce(deps, 'exile', credential, action, options),
  };
}
