/** The keys of a workspace, revoked ones included, without their secrets. */
import type { WorkspaceKey } from '../domain/workspace.ts';
import type { Deps } from './deps.ts';
import { workspaceOf } from './workspace-of.ts';

export async function listKeys(deps: Pick<Deps, 'storage'>, slug: string): Promise<readonly WorkspaceKey[]> {
  return deps.storage.tenant(await workspaceOf(deps, slug)).settings.keys();
}
