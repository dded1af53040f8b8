/** `DATA_DIR/server.json`: how commands on this machine find the running server and sign in to its management API. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type ServerFile = {
  /** On this machine, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Opens the management API for as long as this server runs. */
  readonly token: string;
  readonly pid: number;
};

const fileIn = (dataDir: string) => path.join(dataDir, 'server.json');

export async function writeServerFile(dataDir: string, server: ServerFile): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  // written aside and moved: nobody reads half a file, and it is nobody else's from the first byte
  const aside = `${fileIn(dataDir)}.${server.pid}.new`;
  await rm(aside, { force: true });
  await writeFile(aside, `${JSON.stringify(server)}\n`, { mode: 0o600, flag: 'wx' });
  await rename(aside, fileIn(dataDir));
}

/** Null when there is none, or none that can be understood. */
export async function readServerFile(dataDir: string): Promise<ServerFile | null> {
  try {
    const { url, token, pid }: Partial<ServerFile> = JSON.parse(await readFile(fileIn(dataDir), 'utf8'));
    if (typeof url !== 'string' || typeof token !== 'string' || typeof pid !== 'number') return null;
    return { url, token, pid };
  } catch {
    return null;
  }
}

/** Only one's own: on a shared folder another process may have written its own by now. */
export async function removeServerFile(dataDir: string): Promise<void> {
  const server = await readServerFile(dataDir);
  if (server?.pid === process.pid) await rm(fileIn(dataDir), { force: true });
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
