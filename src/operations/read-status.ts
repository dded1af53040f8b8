/** How the installation is: whether the database answers, and how each workspace's credentials are. */
import { Refused } from '../domain/refusals.ts';
import type { CredentialState, WorkspaceSummary } from '../domain/workspace.ts';
import type { Deps } from './deps.ts';

export type InstallationStatus = {
  readonly database: 'reachable' | 'unreachable';
  readonly workspaces: readonly (WorkspaceSummary & { readonly credentials: readonly CredentialState[] })[];
};

export async function readStatus(deps: Pick<Deps, 'storage'>): Promise<InstallationStatus> {
  const { storage } = deps;
  try {
    const workspaces = [];
    for (const workspace of await storage.shared.workspaces.list()) {
      workspaces.push({ ...workspace, credentials: await storage.tenant(workspace.id).settings.credentials() });
    }
    return { database: 'reachable', workspaces };
  } catch (error) {
    if (error instanceof Refused && error.refusal.code === 'storage.unavailable') {
      return { database: 'unreachable', workspaces: [] };
    }
    throw error;
  }
}
