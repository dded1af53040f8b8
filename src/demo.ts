/**
 * The demo: Roblox played on this machine and a server with a filled workspace beside it. It starts afresh every time,
 * since the played Roblox does: what a database remembered of the last one would be wrong.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseConfig } from './config.ts';
import { removeCluster } from './database/placement.ts';
import { type Emulator, startEmulator } from './emulator/emulator.ts';
import { applyDocument } from './operations/apply-document.ts';
import { parseDocument } from './operations/workspace-document.ts';
import { type RunningServer, startServer } from './server.ts';

export type DemoFacts = {
  readonly url: string;
  readonly emulatorUrl: string;
  /** Null while this version has no accounts. */
  readonly dashboard: { readonly email: string | null; readonly password: string | null };
  readonly keys: {
    readonly wesk: string;
    readonly rankgun: string;
    readonly viscra: string;
    readonly rankportal: string;
  };
  readonly groupId: number;
  readonly serverId: string;
  readonly users: { readonly promotable: readonly number[]; readonly blacklisted: number };
};

export type Demo = { readonly facts: DemoFacts; stop(): Promise<void> };

const groupId = 7001;
const secondGroupId = 7003;
const serverId = '900000000000000001';
/** Trainees (rank 3) of the emulator's default world. */
const promotable = [2021, 2022, 2023, 2024, 2025, 2026, 2027, 2028];
const blacklisted = 2666;
const ladderRanks = [1, 3, 5, 10, 20, 100];

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// a demo key guards nothing but played Roblox; the slight bias of the remainder does not matter
const newSecret = (prefix: string) =>
  `${prefix}${[...randomBytes(40)].map((byte) => base62[byte % base62.length]).join('')}`;

function rules() {
  const steps = ladderRanks.slice(1).map((toRank, index) => ({ fromRank: ladderRanks[index], toRank }));
  return [
    ...steps.map((step, index) => ({ groupId, kind: 'promote', ...step, enabled: true, order: index + 1 })),
    ...steps.map(({ fromRank, toRank }, index) => ({
      groupId,
      kind: 'demote',
      fromRank: toRank,
      toRank: fromRank,
      enabled: true,
      order: index + 1,
    })),
  ];
}

function workspaceDocument(emulator: Emulator, keys: DemoFacts['keys']): object {
  const openCloudKey = [...emulator.world.keys.values()][0]?.key ?? '';
  const cookie = [...emulator.world.sessions.values()][0]?.cookie ?? '';
  const ladder = [...(emulator.world.groups.get(groupId)?.roles.values() ?? [])]
    .filter((role) => !role.isBase && ladderRanks.includes(role.rank))
    .map((role) => role.id);
  return {
    workspace: { slug: 'acme', name: 'Acme Airways', plan: 'max' },
    credential: { kind: 'openCloud', value: openCloudKey },
    extraCredentials: [{ kind: 'cookie', value: cookie }],
    groups: [
      { id: groupId, main: true, ladder },
      { id: secondGroupId, company: 'sub1' },
    ],
    discord: { serverId },
    keys: Object.entries(keys).map(([dialect, value]) => ({
      dialect,
      value,
      label: 'Demo',
      ...(dialect === 'rankportal' || dialect === 'viscra' ? {} : { groupId }),
    })),
    rules: rules(),
    blacklist: [{ groupId, robloxUserId: blacklisted, reason: 'Abused a promotion bug' }],
    members: [{ robloxId: 1, username: 'owner', role: 'owner' }],
  };
}

/** Ports 0: any free one. `progress` hears what takes longer than a moment. */
export async function startDemo(
  ports: { port: number; emulatorPort: number },
  progress: (line: string) => void,
): Promise<Demo> {
  progress('Starting the played Roblox');
  const emulator = await startEmulator({ port: ports.emulatorPort });
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'brevet-demo-'));
  const removeData = async () => {
    await removeCluster(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const environment = {
      PORT: String(ports.port),
      DATA_DIR: dataDir,
      ROBLOX_UPSTREAM: emulator.url,
      LOG_LEVEL: 'warn',
    };
    const server = await startServer(parseConfig(environment, dataDir), progress, 2);
    try {
      progress('Filling the demo workspace');
      const keys = {
        wesk: newSecret('wesk_'),
        rankgun: newSecret('rg_'),
        viscra: newSecret('vis_'),
        rankportal: `rsp_${randomBytes(20).toString('hex')}`,
      };
      await applyDocument(server.parts.deps, parseDocument(workspaceDocument(emulator, keys)));
      return { facts: factsOf(server, emulator, keys), stop: () => stopAll(server, emulator, removeData) };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    await emulator.close();
    await removeData();
    throw error;
  }
}

function factsOf(server: RunningServer, emulator: Emulator, keys: DemoFacts['keys']): DemoFacts {
  return {
    url: server.localUrl,
    emulatorUrl: emulator.url,
    dashboard: { email: null, password: null },
    keys,
    groupId,
    serverId,
    users: { promotable, blacklisted },
  };
}

async function stopAll(server: RunningServer, emulator: Emulator, removeData: () => Promise<void>): Promise<void> {
  await server.stop();
  await emulator.close();
  await removeData();
}
