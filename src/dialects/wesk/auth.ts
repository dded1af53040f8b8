/** `X-Api-Key` → the key, and the checks that come before the body is read (api-contracts.md 3.1, 1 to 5). */
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type KeyAction, Refused } from '../../domain/refusals.ts';
import { admitToGroup } from '../../operations/admit-to-group.ts';
import { authenticateKey } from '../../operations/authenticate-key.ts';
import type { Deps } from '../../operations/deps.ts';

export type Admitted = Awaited<ReturnType<typeof authenticateKey>>;
const admitted = new WeakMap<FastifyRequest, Admitted>();

/** Far above what a game sends; a runaway loop meets it (1.6). */
const requestsPerMinute = 1200;

/** An onRequest hook: who asks, may they do this here. `params` names what the path must hold. */
export function admit(
  deps: Pick<Deps, 'storage' | 'roblox' | 'clock' | 'groupQuestions' | 'requestWindows'>,
  action: KeyAction,
  params: z.ZodType<{ groupId: Parameters<typeof admitToGroup>[2] }>,
) {
  return async (request: FastifyRequest): Promise<void> => {
    const header = request.headers['x-api-key'];
    const key = await authenticateKey(deps, 'wesk', typeof header === 'string' ? header : '', requestsPerMinute);
    const { groupId } = params.parse(request.params);
    await admitToGroup(deps, key, groupId, action);
    admitted.set(request, key);
  };
}

/** The key an admitted request came with. */
export function callerOf(request: FastifyRequest): Admitted['caller'] {
  const key = admitted.get(request);
  if (key === undefined) throw new Refused({ code: 'key.unknown' });
  return key.caller;
}
