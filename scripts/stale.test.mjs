import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { areDependenciesStale, isBuildStale, sourceHash, stampFile } from './stale.mjs';

const linux = { dev: true, platform: 'linux', arch: 'x64' };
const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/pg': { version: '8.0.0' },
    'node_modules/vitest': { version: '4.0.0', dev: true },
    'node_modules/@e/linux': { version: '18.0.0', optional: true, os: ['linux'], cpu: ['x64'] },
    'node_modules/@e/windows': { version: '18.0.0', optional: true, os: ['win32'], cpu: ['x64'] },
    'node_modules/@l/musl': { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
  },
};
const { 'node_modules/@e/windows': _, 'node_modules/@l/musl': __, ...installedHere } = lock.packages;
/** @param {string} folder */
const without = (folder) => ({
  packages: Object.fromEntries(Object.entries(installedHere).filter(([key]) => key !== folder)),
});

test('nothing installed is stale', () => {
  expect(areDependenciesStale(lock, null, linux)).toBe(true);
});

test('everything for this machine is enough; other platforms and C libraries are left out', () => {
  expect(areDependenciesStale(lock, { packages: installedHere }, linux)).toBe(false);
  expect(areDependenciesStale(lock, { packages: installedHere }, { ...linux, platform: 'win32' })).toBe(true);
});

test('a missing package, another version and a missing binary of this platform are stale', () => {
  expect(areDependenciesStale(lock, without('node_modules/pg'), linux)).toBe(true);
  expect(areDependenciesStale(lock, without('node_modules/@e/linux'), linux)).toBe(true);
  const older = { packages: { ...installedHere, 'node_modules/pg': { version: '7.9.9' } } };
  expect(areDependenciesStale(lock, older, linux)).toBe(true);
});

test('running an up-to-date build does not need the tools', () => {
  expect(areDependenciesStale(lock, without('node_modules/vitest'), linux)).toBe(true);
  expect(areDependenciesStale(lock, without('node_modules/vitest'), { ...linux, dev: false })).toBe(false);
});

/** @type {string[]} */
const folders = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function checkout() {
  const root = mkdtempSync(path.join(tmpdir(), 'brevet-stale-'));
  folders.push(root);
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
    writeFileSync(path.join(root, file), '{}');
  mkdirSync(path.join(root, 'src/cli'), { recursive: true });
  writeFileSync(path.join(root, 'src/main.ts'), 'run();');
  writeFileSync(path.join(root, 'src/cli/start.ts'), 'start();');
  mkdirSync(path.join(root, 'dist'));
  writeFileSync(path.join(root, stampFile), sourceHash(root));
  return root;
}

test('a build is fresh until a source, a lock or a compiler setting changes', () => {
  for (const file of ['src/main.ts', 'src/cli/start.ts', 'package-lock.json', 'tsconfig.build.json', 'src/new.ts']) {
    const root = checkout();
    expect(isBuildStale(root)).toBe(false);
    writeFileSync(path.join(root, file), 'changed');
    expect(isBuildStale(root), file).toBe(true);
  }
});

test('a source that moved makes the build stale, a changed test does not', () => {
  const moved = checkout();
  cpSync(path.join(moved, 'src/cli/start.ts'), path.join(moved, 'src/start.ts'));
  rmSync(path.join(moved, 'src/cli/start.ts'));
  expect(isBuildStale(moved)).toBe(true);

  const tested = checkout();
  writeFileSync(path.join(tested, 'src/main.test.ts'), 'test();');
  expect(isBuildStale(tested)).toBe(false);
});

test('no build at all is stale; an installed package, which has no sources, is never', () => {
  const root = checkout();
  rmSync(path.join(root, 'dist'), { recursive: true });
  expect(isBuildStale(root)).toBe(true);
  rmSync(path.join(root, 'src'), { recursive: true });
  expect(isBuildStale(root)).toBe(false);
});
