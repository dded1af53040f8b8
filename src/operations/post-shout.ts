/** Posts the group's shout ("group status"). */
import type { Caller } from '../domain/caller.ts';
import type { UserId } from '../domain/ids.ts';
import { type ActionAnswer, type ActionInput, type RunDeps, runAction } from './run-action.ts';
import { credentialFor, endpointFor, writeOnce } from './single-write.ts';

export type ShoutInput = Omit<ActionInput, 'userId'> & { readonly text: string };

/** A shout is about the group itself: its turn is the group's, under a number that no user has. */
const groupItself = 0 as UserId;

/** Throws Refused when nothing was begun; otherwise answers the action. */
export async function postShout(deps: RunDeps, caller: Caller, input: ShoutInput): Promise<ActionAnswer> {
  return runAction(
    deps,
    caller,
    { ...input, userId: groupItself },
    {
      kind: 'shout',
      requested: { kind: 'shout', text: input.text },
      credential: (settings) => credentialFor('shout', settings),
      prepare: async ({ credential }) => ({
        kind: 'begin',
        change: { fromRank: null, toRank: null, before: [], after: [] },
        endpoints: endpointFor('shout', credential),
        remarks: [],
        perform: (action, options) => writeOnce(deps, 'shout', credential, action, options),
      }),
    },
  );
}
