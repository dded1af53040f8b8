/** Makes a key, or takes in one that another service issued, and shows it once. */
import { randomInt } from 'node:crypto';
import type { KeyDialect } from '../domain/caller.ts';
import type { GroupId } from '../domain/ids.ts';
import { keyCharacters, keyForms, keysShownAgain } from '../domain/keys.ts';
import { weskKeysMax } from '../domain/plans.ts';
import { Refused } from '../domain/refusals.ts';
import type { KeyLimits, WorkspaceKey } from '../domain/workspace.ts';
import { noChanges } from '../storage/workspace-changes.ts';
import type { WorkspaceState } from '../storage/workspace-state.ts';
import type { Deps } from './deps.ts';

export type IssueKeyInput = KeyLimits & {
  readonly dialect: KeyDialect;
  /** An existing key of another service; null: a new one. */
  readonly value: string | null;
};

export type IssuedKey = { readonly key: WorkspaceKey; readonly value: string };

function newKeyValue(dialect: KeyDialect): string {
  const { prefix, alphabet } = keyForms[dialect];
  return prefix + Array.from({ length: keyCharacters }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** A WESK key opens one group; left unsaid, it is the main one. Any other key may do without. */
function groupOf(input: IssueKeyInput, state: WorkspaceState): GroupId | null {
  const main = state.groups.find((group) => group.isMain)?.groupId ?? null;
  const groupId = input.groupId ?? (input.dialect === 'wesk' ? main : null);
  if (groupId === null && input.dialect === 'wesk') throw new Refused({ code: 'key.needs-group' });
  const isOwn = groupId === null || state.isOpen || state.groups.some((group) => group.groupId === groupId);
  if (!isOwn) throw new Refused({ code: 'group.foreign', groupId });
  return groupId;
}

function refuseBeyondPlan(state: WorkspaceState, groupId: GroupId | null, now: Date): void {
  const max = weskKeysMax(state.plan);
  if (max === null || groupId === null) return;
  const inForce = state.keys.filter(
    (key) =>
      key.dialect === 'wesk' &&
      key.groupId === groupId &&
      key.revokedAt === null &&
      (key.expiresAt === null || key.expiresAt > now),
  );
  if (inForce.length >= max) throw new Refused({ code: 'plan.keys-max', plan: state.plan, max, groupId });
}

export async function issueKey(deps: Pick<Deps, 'storage'>, slug: string, input: IssueKeyInput): Promise<IssuedKey> {
  const { workspaces } = deps.storage.shared;
  const { dialect } = input;
  const value = input.value ?? newKeyValue(dialect);
  const issued = await workspaces.edit(slug, async ({ state, now, keysInUse, write }) => {
    if (state === null) throw new Refused({ code: 'workspace.unknown' });
    const groupId = groupOf(input, state);
    if (dialect === 'wesk') refuseBeyondPlan(state, groupId, now);
    if ((await keysInUse([value])).has(value)) throw new Refused({ code: 'key.in-use' });
    const { label, maxRank, actions, expiresAt } = input;
    const keepsSecret = keysShownAgain.has(dialect);
    const added = [{ dialect, secret: value, keepsSecret, label, groupId, maxRank, actions, expiresAt }];
    const { addedKeyIds } = await write(state.id, { ...noChanges, keys: { added, updated: [], removedIds: [] } });
    return { workspaceId: state.id, keyId: addedKeyIds[0] };
  });
  const keys = await deps.storage.tenant(issued.workspaceId).settings.keys();
  const key = keys.find((one) => one.id === issued.keyId);
  if (key === undefined) throw new Error('the key that was issued is gone');
  return { key, value };
}
