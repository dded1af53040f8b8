/** Looks an installation over as its operator would: database, clock, partitions of the log, and every credential asked at Roblox. */
import type { Clock } from '../domain/clock.ts';
import { groupId } from '../domain/ids.ts';
import { Refused } from '../domain/refusals.ts';
import type { WorkspaceSummary } from '../domain/workspace.ts';
import { credentialPlace } from '../domain/workspace.ts';
import { RobloxError } from '../roblox/roblox.ts';
import type { StoredCredential } from '../storage/ranking.ts';
import type { Deps } from './deps.ts';

export type Check = {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'broken';
  readonly message: string;
  readonly remedy?: string;
};

type CheckDeps = Pick<Deps, 'storage' | 'roblox' | 'clock'>;

/** Leases are kept on the database's clock and deadlines on ours; months and expiries people see on either. */
const clockDifferenceMaxMs = 2000;
const inspectTimeoutMs = 15_000;

async function checkDatabase(storage: Deps['storage'], clock: Clock): Promise<Check[]> {
  const before = clock.monotonicMs();
  const { serverVersion, now } = await storage.shared.databaseFacts();
  const roundTripMs = clock.monotonicMs() - before;
  const database: Check = {
    name: 'Database',
    state: 'ok',
    message: `PostgreSQL ${serverVersion} answers, its schema is up to date`,
  };
  const differenceMs = Math.abs(clock.now().getTime() - roundTripMs / 2 - now.getTime());
  if (differenceMs <= clockDifferenceMaxMs + roundTripMs) {
    return [database, { name: 'Clock', state: 'ok', message: 'agrees with the database’s clock' }];
  }
  const difference: Check = {
    name: 'Clock',
    state: 'warning',
    message: `differs from the database’s clock by ${(differenceMs / 1000).toFixed(1)} s`,
    remedy: 'Let both machines set their clocks by NTP.',
  };
  return [database, difference];
}

async function checkCredential(
  deps: CheckDeps,
  workspace: WorkspaceSummary,
  place: string,
  credential: StoredCredential,
  groupIds: Parameters<Deps['roblox']['inspect']>[1],
): Promise<Check> {
  const name = `${workspace.slug}: ${place} (${credential.kind})`;
  const remedy = 'Mend it at Roblox, or put a new value into the workspace document and run brevet apply.';
  const deadlineMs = deps.clock.monotonicMs() + inspectTimeoutMs;
  try {
    const report = await deps.roblox.inspect(credential, groupIds, { deadlineMs, priority: 'read' });
    const who = `acts as ${report.name} (user ${report.userId})`;
    if (report.problems.length === 0) return { name, state: 'ok', message: who };
    return { name, state: 'broken', message: `${who}, but: ${report.problems.join(' ')}`, remedy };
  } catch (error) {
    if (!(error instanceof RobloxError)) throw error;
    const isBroken = error.failure === 'credential' || error.failure === 'refused';
    return isBroken
      ? { name, state: 'broken', message: error.message, remedy }
      : {
          name,
          state: 'warning',
          message: `could not be checked: ${error.message}`,
          remedy: 'Roblox may be down: try again later.',
        };
  }
}

async function checkWorkspace(deps: CheckDeps, workspace: WorkspaceSummary): Promise<Check[]> {
  const { settings, ranking } = deps.storage.tenant(workspace.id);
  const state = await settings.read();
  if (state === null) return [];
  const checks: Check[] = [];
  const name = `${workspace.slug}: groups`;
  if (state.groups.length === 0 && !state.isOpen) {
    checks.push({
      name,
      state: 'warning',
      message: 'none is listed',
      remedy: 'Add "groups" to the workspace document.',
    });
  }
  const unconfirmed = state.groups.filter((group) => group.ladder === null).map((group) => group.groupId);
  if (unconfirmed.length > 0) {
    checks.push({
      name: `${workspace.slug}: ladder`,
      state: 'warning',
      message: `not confirmed for ${unconfirmed.join(', ')}: every role counts as a rank`,
      remedy: 'Name the roles that are ranks in "ladder" of the group (docs/workspace-document.md).',
    });
  }
  if (state.credentials.length === 0) {
    checks.push({
      name: `${workspace.slug}: credential`,
      state: 'broken',
      message: 'there is none, so nobody can be ranked',
      remedy: 'Put an Open Cloud key into "credential" of the workspace document and run brevet apply.',
    });
  }
  const groupIds = state.groups.map((group) => group.groupId);
  // which group is asked for does not matter: a workspace's credentials are the same for all of them
  const { credentials } = await ranking.settings(groupIds[0] ?? groupId(1), null, null);
  for (const [index, credential] of credentials.entries()) {
    const place = credentialPlace(state.credentials[index]?.position ?? index);
    checks.push(await checkCredential(deps, workspace, place, credential, groupIds));
  }
  return checks;
}

export async function checkInstallation(deps: CheckDeps): Promise<readonly Check[]> {
  try {
    const checks = await checkDatabase(deps.storage, deps.clock);
    const workspaces = await deps.storage.shared.workspaces.list();
    if (workspaces.length === 0) {
      checks.push({
        name: 'Workspaces',
        state: 'warning',
        message: 'there is none yet',
        remedy: 'Write a workspace document (docs/workspace.example.json) and run brevet apply.',
      });
    }
    for (const workspace of workspaces) checks.push(...(await checkWorkspace(deps, workspace)));
    return checks;
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'storage.unavailable') throw error;
    return [
      {
        name: 'Database',
        state: 'broken',
        message: 'does not answer',
        remedy: 'Start PostgreSQL, or check DATABASE_URL.',
      },
    ];
  }
}
