import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';

const key = Buffer.alloc(32, 7).toString('base64');

function mistakesOf(env: Record<string, string>): readonly string[] {
  try {
    parseConfig(env, '/srv');
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('config', () => {
  test('everything has a working default', () => {
    expect(parseConfig({}, '/srv')).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      dataDir: '/srv/data',
      database: null,
      adminToken: null,
      logLevel: 'info',
    });
  });

  test('all mistakes are reported at once, by name', () => {
    const mistakes = mistakesOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      ADMIN_TOKEN: 'short',
      ROBLOX_UPSTREAM: 'emulator',
    });
    expect(mistakes.map((line) => line.split(' ')[0]).sort()).toEqual([
      'ADMIN_TOKEN',
      'LOG_LEVEL',
      'PORT',
      'ROBLOX_UPSTREAM',
    ]);
  });

  test('a database server needs an encryption key, since processes must share it', () => {
    expect(mistakesOf({ DATABASE_URL: 'postgres://x@h/d' })[0]).toMatch(/^ENCRYPTION_KEY/);
    expect(mistakesOf({ DATABASE_URL: 'postgres://x@h/d', ENCRYPTION_KEY: key })).toEqual([]);
  });

  test('an encryption key of another length is refused; a list rotates', () => {
    expect(mistakesOf({ ENCRYPTION_KEY: 'c2hvcnQ=' })[0]).toMatch(/32 bytes/);
    expect(parseConfig({ ENCRYPTION_KEY: `${key},${key}` }, '/srv').encryptionKeys).toHaveLength(2);
  });

  test('a secret may stand in a file, but not in two places', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'brevet-config-')), 'token');
    writeFileSync(file, 'a-token-of-enough-length\n');
    expect(parseConfig({ ADMIN_TOKEN_FILE: file }, '/srv').adminToken).toBe('a-token-of-enough-length');
    expect(mistakesOf({ ADMIN_TOKEN_FILE: file, ADMIN_TOKEN: 'another-token-here' })[0]).toMatch(/both set/);
    expect(mistakesOf({ ADMIN_TOKEN_FILE: '/nowhere/token' })[0]).toMatch(/ENOENT/);
  });

  test('a server that is reached from outside listens on all addresses', () => {
    expect(parseConfig({ PUBLIC_URL: 'https://ranks.example.com/' }, '/srv')).toMatchObject({
      host: '0.0.0.0',
      publicUrl: 'https://ranks.example.com',
    });
    expect(parseConfig({ FLY_APP_NAME: 'x' }, '/srv').host).toBe('0.0.0.0');
    expect(parseConfig({ PUBLIC_URL: 'http://localhost:3000' }, '/srv').host).toBe('127.0.0.1');
  });

  test('a variable set to nothing counts as unset', () => {
    expect(parseConfig({ DATABASE_URL: '', PORT: '' }, '/srv').port).toBe(3000);
  });
});
