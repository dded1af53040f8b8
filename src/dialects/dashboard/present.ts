/** Domain → wire. */
import {
  type CredentialState,
  credentialPlace,
  type WorkspaceKey,
  type WorkspaceSummary,
} from '../../domain/workspace.ts';
import type { InstallationStatus } from '../../operations/read-status.ts';
import type { StatusAnswer } from './contract/installation.ts';
import type { KeyAnswer } from './contract/keys.ts';

export const presentWorkspace = ({ slug, name, plan, mainGroupId }: WorkspaceSummary) => ({
  slug,
  name,
  plan,
  mainGroupId,
});

export function presentKey(key: WorkspaceKey): KeyAnswer {
  return {
    id: key.id,
    dialect: key.dialect,
    label: key.label,
    lastFour: key.lastFour,
    groupId: key.groupId,
    maxRank: key.maxRank,
    actions: key.actions === null ? null : [...key.actions],
    createdAt: key.createdAt.toISOString(),
    expiresAt: key.expiresAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}

const presentCredential = (credential: CredentialState) => ({
  place: credentialPlace(credential.position),
  kind: credential.kind,
  health: credential.health,
  reason: credential.healthReason,
  at: credential.healthAt?.toISOString() ?? null,
});

export function presentStatus(status: InstallationStatus, version: string, uptimeSeconds: number): StatusAnswer {
  return {
    version,
    uptimeSeconds,
    database: status.database,
    workspaces: status.workspaces.map((workspace) => ({
      ...presentWorkspace(workspace),
      credentials: workspace.credentials.map(presentCredential),
    })),
  };
}
