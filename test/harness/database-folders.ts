/** Temporary folders for embedded databases, and what still runs in them. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { removeCluster } from '../../src/database/placement.ts';
import { until } from './until.ts';

const made: string[] = [];

/** Open for everybody to pass, unless `mode` says otherwise. */
export async function temporaryFolder(mode = 0o755): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-test-folder-'));
  await chmod(folder, mode);
  made.push(folder);
  return folder;
}

/** For `afterEach`. Clusters outside of their `dataDirs` go too. */
export async function removeTemporaryFolders(dataDirs: readonly string[] = []): Promise<void> {
  for (const dataDir of dataDirs) await removeCluster(dataDir);
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}

/** Processes that stand in `folder` or were started with it on their command line; zombies do not count. */
function processesAround(folder: string): string[] {
  if (process.platform !== 'linux') {
    const all = execFileSync('/bin/ps', ['-A', '-o', 'stat=,pid=,command='], { encoding: 'utf8' }).split('\n');
    return all.filter((line) => line.includes(folder) && !line.startsWith('Z'));
  }
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    const commandLine = orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')); // empty for a zombie
    return (
      commandLine !== '' && `${commandLine}\0${orNothing(() => readlinkSync(`/proc/${pid}/cwd`))}`.includes(folder)
    );
  });
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return ''; // ended meanwhile, or not for our eyes
  }
}

export function nothingRunsAround(folder: string): Promise<void> {
  return until(`nothing runs around ${folder}`, () => processesAround(folder).length === 0);
}
