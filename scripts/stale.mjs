// Decides whether dependencies or the build are out of date. Contents are compared, not times: a git checkout sets
// those as it likes.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage */
/** @typedef {{ packages: Record<string, LockedPackage> }} Lock */

/**
 * Whether everything the lock names for this machine is installed in the same version. npm keeps the list of what it
 * installed in node_modules/.package-lock.json and writes it last.
 * @param {Lock} wanted package-lock.json
 * @param {Lock | null} installed node_modules/.package-lock.json, null when there is none
 * @param {{ dev: boolean, platform?: string, arch?: string }} options `dev`: the tools for building and testing too
 */
export function areDependenciesStale(wanted, installed, { dev, platform = process.platform, arch = process.arch }) {
  if (installed === null) return true;
  return Object.entries(wanted.packages).some(([folder, locked]) => {
    if (folder === '' || (locked.dev === true && !dev)) return false;
    const isForUs = (locked.os?.includes(platform) ?? true) && (locked.cpu?.includes(arch) ?? true);
    // What depends on the C library or sits below another platform's package is npm's to judge.
    const isRequired = locked.optional !== true || (isForUs && locked.os !== undefined && locked.libc === undefined);
    const version = installed.packages[folder]?.version;
    return version === undefined ? isRequired : version !== locked.version;
  });
}

/** @param {string} file @returns {Lock | null} */
export function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * One hash over everything the build is made from.
 * @param {string} root
 */
export function sourceHash(root) {
  const sources = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => path.join('src', file));
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', ...sources].sort()) {
    const text = readFileSync(path.join(root, file));
    hash.update(`${file.replaceAll(path.sep, '/')}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}

/** The build's stamp: the hash of what it was made from, written last. */
export const stampFile = 'dist/.built-from';

/** An installed package has no sources and is never built. @param {string} root */
export function isBuildStale(root) {
  if (!existsSync(path.join(root, 'src'))) return false;
  const stamp = path.join(root, stampFile);
  return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== sourceHash(root);
}
