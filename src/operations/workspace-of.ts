/** The workspace of a slug, for those who may ask about any of them (the operator's token and command line). */
import type { WorkspaceId } from '../domain/ids.ts';
import { Refused } from '../domain/refusals.ts';
import type { Deps } from './deps.ts';

export async function workspaceOf(deps: Pick<Deps, 'storage'>, slug: string): Promise<WorkspaceId> {
  const id = await deps.storage.shared.workspaces.find(slug);
  if (id === null) throw new Refused({ code: 'workspace.unknown' });
  return id;
}
