/** All workspaces of the installation, by slug. */
import type { WorkspaceSummary } from '../domain/workspace.ts';
import type { Deps } from './deps.ts';

export async function listWorkspaces(deps: Pick<Deps, 'storage'>): Promise<readonly WorkspaceSummary[]> {
  return deps.storage.shared.workspaces.list();
}
