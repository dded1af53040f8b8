/** Environment → Config, parsed once and whole: every mistake is reported at once, by the variable's name (docs/configuration.md). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import dotenv from 'dotenv';
import { z } from 'zod';

/** Raised with one line a mistake; the program prints them and ends with code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}

const hostsThatNeedAllAddresses = ['RAILWAY_ENVIRONMENT', 'RENDER', 'FLY_APP_NAME', 'DYNO'] as const;
const secretVariables = [
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'ENCRYPTION_KEY',
  'ADMIN_TOKEN',
  'ROBLOX_PROXY',
] as const;
const plainVariables = [
  'PORT',
  'HOST',
  'NODE_ENV',
  'PUBLIC_URL',
  'DATA_DIR',
  'ROBLOX_UPSTREAM',
  'TRUST_PROXY',
  'ROLES',
  'LOG_LEVEL',
] as const;

/** All variables this version reads; the documentation and `.env.example` are compared with it. */
export const variables = [...plainVariables, ...secretVariables].sort();

const httpUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'must be a URL such as http://127.0.0.1:4010',
  )
  .transform((text) => text.replace(/\/+$/, ''));
const postgresUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol),
    'must look like postgres://user:password@host:5432/database',
  );
const port = z
  .string()
  .regex(/^\d{1,5}$/, 'must be a port number from 0 to 65535')
  .transform(Number)
  .refine((value) => value <= 65_535, 'must be a port number from 0 to 65535');
const encryptionKeys = z.string().transform((text, context) => {
  const keys = text.split(',').map((part) => Buffer.from(part.trim(), 'base64'));
  if (keys.some((key) => key.length !== 32)) {
    context.addIssue({
      code: 'custom',
      message:
        'must be 32 bytes in base64 (make one with: openssl rand -base64 32); several, for rotation, are separated by commas',
    });
  }
  return keys;
});
const roles = z.string().transform((text, context) => {
  const named = text.split(',').map((part) => part.trim());
  const unknown = named.filter((name) => name !== 'api' && name !== 'jobs');
  if (unknown.length > 0)
    context.addIssue({
      code: 'custom',
      message: `must list api, jobs or both, separated by a comma; not ${unknown.join(', ')}`,
    });
  return new Set(named);
});
const trustProxy = z.string().transform((text): boolean | number | string[] => {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (/^\d+$/.test(text)) return Number(text);
  return text.split(',').map((part) => part.trim());
});

const schema = z.object({
  PORT: port.default(3000),
  HOST: z.string().optional(),
  NODE_ENV: z.enum(['production', 'development', 'test'], 'must be production or development').default('production'),
  PUBLIC_URL: httpUrl.optional(),
  DATA_DIR: z.string().default('./data'),
  DATABASE_URL: postgresUrl.optional(),
  DATABASE_DIRECT_URL: postgresUrl.optional(),
  ENCRYPTION_KEY: encryptionKeys.optional(),
  ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  ROBLOX_UPSTREAM: httpUrl.optional(),
  ROBLOX_PROXY: httpUrl.optional(),
  TRUST_PROXY: trustProxy.default(false),
  ROLES: roles.default(new Set(['api', 'jobs'])),
  LOG_LEVEL: z
    .enum(
      ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
      'must be one of fatal, error, warn, info, debug, trace, silent',
    )
    .default('info'),
});

export type Config = {
  readonly port: number;
  readonly host: string;
  readonly isDevelopment: boolean;
  /** No slash at the end. Null: `http://localhost:PORT`, known once the port is. */
  readonly publicUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  /** Null: the embedded PostgreSQL in `dataDir`. */
  readonly database: { readonly url: string; readonly directUrl: string } | null;
  /** Null: made once and kept in `dataDir`; only with the embedded database. The first encrypts, all decrypt. */
  readonly encryptionKeys: readonly Buffer[] | null;
  readonly adminToken: string | null;
  readonly robloxUpstream: string | null;
  readonly robloxProxy: string | null;
  readonly trustProxy: boolean | number | string[];
  readonly roles: ReadonlySet<string>;
  readonly logLevel: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** A secret may stand in a file named by `NAME_FILE`; both at once is a mistake. */
function withSecretFiles(env: Environment, mistakes: string[]): Record<string, string | undefined> {
  const values: Record<string, string | undefined> = {};
  for (const name of plainVariables) values[name] = env[name];
  for (const name of secretVariables) {
    const file = env[`${name}_FILE`];
    values[name] = env[name];
    if (file === undefined || file === '') continue;
    if (env[name] !== undefined && env[name] !== '') {
      mistakes.push(`${name} and ${name}_FILE are both set: keep one of them.`);
      continue;
    }
    try {
      values[name] = readFileSync(file, 'utf8').trim();
    } catch (error) {
      mistakes.push(`${name}_FILE names ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
  }
  // a variable that is set to nothing, as in a copied .env.example, counts as unset
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''));
}

function isLocal(url: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);
}

/** Throws ConfigError with every mistake. `folder` is what relative paths start from. */
export function parseConfig(env: Environment, folder: string): Config {
  const mistakes: string[] = [];
  const parsed = schema.safeParse(withSecretFiles(env, mistakes));
  if (!parsed.success) {
    mistakes.push(...parsed.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message}.`));
    throw new ConfigError(mistakes);
  }
  const values = parsed.data;
  if (values.DATABASE_URL !== undefined && values.ENCRYPTION_KEY === undefined) {
    mistakes.push(
      'ENCRYPTION_KEY must be set when DATABASE_URL is: every process needs the same one. Make one with: openssl rand -base64 32',
    );
  }
  if (values.DATABASE_DIRECT_URL !== undefined && values.DATABASE_URL === undefined) {
    mistakes.push('DATABASE_DIRECT_URL has a meaning only beside DATABASE_URL.');
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const isReachedFromOutside =
    (values.PUBLIC_URL !== undefined && !isLocal(values.PUBLIC_URL)) ||
    hostsThatNeedAllAddresses.some((name) => env[name]);
  return {
    port: values.PORT,
    host: values.HOST ?? (isReachedFromOutside ? '0.0.0.0' : '127.0.0.1'),
    isDevelopment: values.NODE_ENV === 'development',
    publicUrl: values.PUBLIC_URL ?? null,
    dataDir: path.resolve(folder, values.DATA_DIR),
    database:
      values.DATABASE_URL === undefined
        ? null
        : { url: values.DATABASE_URL, directUrl: values.DATABASE_DIRECT_URL ?? values.DATABASE_URL },
    encryptionKeys: values.ENCRYPTION_KEY ?? null,
    adminToken: values.ADMIN_TOKEN ?? null,
    robloxUpstream: values.ROBLOX_UPSTREAM ?? null,
    robloxProxy: values.ROBLOX_PROXY ?? null,
    trustProxy: values.TRUST_PROXY,
    roles: values.ROLES,
    logLevel: values.LOG_LEVEL,
  };
}

/** `.env` in the current folder, and the process's environment, which wins. */
function readEnvironment(): Environment {
  const fromFile: Record<string, string> = {};
  try {
    dotenv.populate(fromFile, dotenv.parse(readFileSync('.env')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new ConfigError([`.env cannot be read (${(error as Error).message}).`]);
  }
  return { ...fromFile, ...process.env };
}

export function loadConfig(overrides: Environment = {}): Config {
  return parseConfig({ ...readEnvironment(), ...overrides }, process.cwd());
}

/** A variable that a workspace document names (`{ "env": "NAME" }`); undefined when it is not set. */
export function readVariable(name: string): string | undefined {
  return readEnvironment()[name];
}
