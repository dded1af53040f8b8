/**
 * Commands as a person would type them, run in this process: in a folder of their own, over a database of their own, with a
 * Brevet that listens beside them for those that are to find one.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { writeServerFile } from '../../src/cli/server-file.ts';
import { adminToken, type Brevet, encryptionKey, startBrevet } from './brevet.ts';
import { type FreshDatabase, freshDatabase } from './database.ts';

export type Said = { exitCode: number; stdout: string; stderr: string };

export class CommandLine {
  folder = '';
  #home = process.cwd();
  #brevet: Brevet | undefined;
  #database: FreshDatabase | undefined;

  /** Registers itself with the test file. */
  constructor() {
    beforeAll(async () => {
      this.#brevet = await startBrevet();
      await this.#brevet.app.listen({ port: 0, host: '127.0.0.1' });
      this.#database = await freshDatabase();
    });
    afterAll(async () => {
      await this.#brevet?.close();
      await this.#database?.drop();
    });
    beforeEach(async () => {
      this.folder = await mkdtemp(path.join(os.tmpdir(), 'brevet-cli-'));
      process.chdir(this.folder); // so that nobody's .env is read
      for (const [name, value] of Object.entries(this.environment())) vi.stubEnv(name, value);
    });
    afterEach(async () => {
      vi.unstubAllEnvs();
      process.chdir(this.#home);
      await rm(this.folder, { recursive: true, force: true });
    });
  }

  get brevet(): Brevet {
    if (this.#brevet === undefined) throw new Error('not started');
    return this.#brevet;
  }

  get dataDir(): string {
    return path.join(this.folder, 'data');
  }

  get serverUrl(): string {
    const address = this.brevet.app.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  environment(): Record<string, string> {
    return {
      DATA_DIR: this.dataDir,
      DATABASE_URL: this.#database?.connectionString ?? '',
      ENCRYPTION_KEY: encryptionKey,
      ROBLOX_UPSTREAM: this.brevet.emulator.url,
    };
  }

  async run(...args: string[]): Promise<Said> {
    const said = { stdout: '', stderr: '' };
    const spies = (['stdout', 'stderr'] as const).map((name) =>
      vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
        said[name] += String(chunk);
        return true;
      }),
    );
    try {
      return { exitCode: await run(args), ...said };
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  }

  /** A command with `--json`: what it printed, read. */
  async json<Answer>(...args: string[]): Promise<Answer> {
    const { exitCode, stdout, stderr } = await this.run(...args, '--json');
    if (exitCode !== 0) throw new Error(`brevet ${args.join(' ')} ended with ${exitCode}: ${stderr}`);
    return JSON.parse(stdout);
  }

  async fileOf(content: unknown, name = 'document.json'): Promise<string> {
    const file = path.join(this.folder, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  /** From here on the listening Brevet is the server that runs on this DATA_DIR. */
  async findsServer(server: { url?: string; token?: string; pid?: number } = {}): Promise<void> {
    await writeServerFile(this.dataDir, { url: this.serverUrl, token: adminToken, pid: process.pid, ...server });
  }
}
