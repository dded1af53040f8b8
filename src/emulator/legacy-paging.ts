/** Paging of the legacy hosts: four page sizes, cursors both ways, null at the end (roblox-api.md 10.8). */
import { legacyRefusal } from './answer.ts';
import type { Call } from './call.ts';

const limits = ['10', '25', '50', '100'];

type Page<T> = { previousPageCursor: string | null; nextPageCursor: string | null; data: T[] };

/** `items` come in ascending order. A cursor belongs to one list in one order. */
export function legacyPage<T>(call: Call, listName: string, items: readonly T[]): Page<T> {
  const limit = call.query.get('limit') ?? '10';
  const order = call.query.get('sortOrder') ?? 'Asc';
  if (!limits.includes(limit)) throw legacyRefusal(400, 8, 'Allowed values for limit: 10, 25, 50, 100');
  if (order !== 'Asc' && order !== 'Desc') throw legacyRefusal(400, 8, 'Allowed values for sortOrder: Asc, Desc');
  const name = `${listName} ${order}`;
  const start = startOf(call.query.get('cursor'), name);
  const size = Number(limit);
  const ordered = order === 'Desc' ? [...items].reverse() : items;
  return {
    previousPageCursor: start > 0 ? cursorFor(name, Math.max(0, start - size)) : null,
    nextPageCursor: start + size < ordered.length ? cursorFor(name, start + size) : null,
    data: ordered.slice(start, start + size),
  };
}

function startOf(cursor: string | null, name: string): number {
  if (cursor === null || cursor === '') return 0;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const start = text.startsWith(`${name} `) ? text.slice(name.length + 1) : '';
  if (!/^\d+$/.test(start)) throw legacyRefusal(400, 36, 'The cursor is invalid.');
  return Number(start);
}

const cursorFor = (name: string, start: number) => Buffer.from(`${name} ${start}`).toString('base64url');
