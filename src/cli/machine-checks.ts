/** What `brevet doctor` can tell of this machine and its settings alone. */
import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import type { Check } from '../operations/check-installation.ts';

export function checkNode(installed: string): Check {
  const [major = 0, minor = 0] = installed.split('.').map(Number);
  const isOld = major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12);
  if (isOld) {
    const remedy = 'Install Node 24, or at least 20.19.';
    return { name: 'Node', state: 'broken', message: `${installed} is too old`, remedy };
  }
  return { name: 'Node', state: 'ok', message: installed };
}

export function checkPublicUrl(publicUrl: string | null): Check {
  const name = 'PUBLIC_URL';
  if (publicUrl === null) return { name, state: 'ok', message: 'not set: for use on this machine' };
  const { protocol, hostname } = new URL(publicUrl);
  if (protocol === 'https:') return { name, state: 'ok', message: publicUrl };
  if (['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    return { name, state: 'ok', message: `${publicUrl}: this machine` };
  return {
    name,
    state: 'warning',
    message: `${publicUrl} is not https: keys and tokens travel in the clear`,
    remedy: 'Put a reverse proxy with a certificate in front (docs/running.md).',
  };
}

/** The nearest folder that is there must be writable: what is missing below it is made at start. */
export async function checkDataDir(dataDir: string): Promise<Check> {
  const name = 'DATA_DIR';
  let folder = dataDir;
  for (;;) {
    try {
      await access(folder, constants.W_OK | constants.X_OK);
      const message = folder === dataDir ? dataDir : `${dataDir} (made at the first start)`;
      return { name, state: 'ok', message };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const parent = path.dirname(folder);
      if (code === 'ENOENT' && parent !== folder) {
        folder = parent;
        continue;
      }
      const remedy = 'Give the folder to the user Brevet runs as, or set DATA_DIR to another one.';
      return { name, state: 'broken', message: `${folder} cannot be written (${code})`, remedy };
    }
  }
}
