/** Takes a key out of force, at once and for good. */
import { Refused } from '../domain/refusals.ts';
import type { Deps } from './deps.ts';
import { workspaceOf } from './workspace-of.ts';

/** Throws `key.not-found` also for a key that was revoked before. */
export async function revokeKey(deps: Pick<Deps, 'storage'>, slug: string, keyId: number): Promise<void> {
  const { settings } = deps.storage.tenant(await workspaceOf(deps, slug));
  if (!(await settings.revokeKey(keyId))) throw new Refused({ code: 'key.not-found' });
}
