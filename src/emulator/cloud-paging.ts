/** Open Cloud's paging: sizes clamped silently, opaque tokens bound to their filter, two forms of the last page. */
import { cloudRefusal } from './answer.ts';
import type { Call } from './call.ts';
import type { Group } from './world.ts';

const defaultPageSize = 10;

type Page<T> = { readonly items: readonly T[]; readonly nextPageToken?: string };

/** One page of `items`. A token names the place to go on from and the query it belongs to. */
export function cloudPage<T>(
  call: Call,
  items: readonly T[],
  pageSizeMax: number,
  lastToken: 'absent' | 'empty',
): Page<T> {
  const start = startOf(call);
  const size = pageSizeOf(call, pageSizeMax);
  const page = items.slice(start, start + size);
  if (start + size < items.length) return { items: page, nextPageToken: tokenFor(call, start + size) };
  return lastToken === 'empty' ? { items: page, nextPageToken: '' } : { items: page };
}

/** How the last page of a list about this group ends. */
export function lastTokenOf(call: Call, group: Group | null): 'absent' | 'empty' {
  const forced = call.world.behaviour.lastPageToken;
  return forced === 'byGroup' ? (group?.lastPageToken ?? 'empty') : forced;
}

function pageSizeOf(call: Call, max: number): number {
  const text = call.query.get('maxPageSize');
  if (text === null || text === '') return defaultPageSize;
  if (!/^\d+$/.test(text)) throw cloudRefusal('INVALID_ARGUMENT', `Invalid maxPageSize '${text}'.`);
  const size = Number(text);
  return size === 0 ? defaultPageSize : Math.min(size, max);
}

function startOf(call: Call): number {
  const token = call.query.get('pageToken');
  if (token === null || token === '') return 0;
  const [start, ...rest] = Buffer.from(token, 'base64url').toString('utf8').split(' ');
  if (start === undefined || !/^\d+$/.test(start) || rest.join(' ') !== queryOf(call)) {
    throw cloudRefusal('INVALID_ARGUMENT', 'The page token is invalid or belongs to another request.');
  }
  return Number(start);
}

const tokenFor = (call: Call, start: number): string => Buffer.from(`${start} ${queryOf(call)}`).toString('base64url');

/** What must stay the same from page to page. */
const queryOf = (call: Call): string =>
  `${call.params['groupId'] ?? call.params['userId'] ?? ''} ${call.query.get('filter') ?? ''}`;
