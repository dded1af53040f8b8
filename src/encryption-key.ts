/** The key that encrypts secrets, when nobody set one: made once in DATA_DIR, for the embedded database only. */
import { randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Config } from './config.ts';
import { ConfigError } from './config.ts';
import { openDataDir } from './database/placement.ts';

const fileName = 'encryption.key';

/** Throws ConfigError when the file is there but holds something else. */
export async function encryptionKeysOf(config: Pick<Config, 'encryptionKeys' | 'dataDir'>): Promise<readonly Buffer[]> {
  if (config.encryptionKeys !== null) return config.encryptionKeys;
  const file = path.join(config.dataDir, fileName);
  await openDataDir(config.dataDir);
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
    await handle.sync();
    await handle.close();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (key.length !== 32) {
    throw new ConfigError([
      `${file} must hold 32 bytes in base64. Put the key back from your backup, or set ENCRYPTION_KEY.`,
    ]);
  }
  return [key];
}
