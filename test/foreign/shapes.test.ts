/** The check that the walk rests on notices what it should. */
import { expect, test } from 'vitest';
import { either, mismatches, type Shape } from './shapes.ts';

const shape: Shape = { id: 'decimal', created: 'time', 'note?': either('string', 'null'), list: [{ rank: 'number' }] };
const good = { id: '7', created: '2026-01-31T12:00:00.123456789Z', note: null, list: [{ rank: 3 }] };

test.each([
  ['all is well', {}, []],
  ['a number for text', { id: 7 }, ['answer.id: decimal, not 7']],
  ['an id of nothing', { id: '0' }, ['answer.id: decimal, not "0"']],
  ['a local time', { created: '2026-01-31 12:00' }, ['answer.created: time, not "2026-01-31 12:00"']],
  ['neither of two', { note: 4 }, ['answer.note: string, not 4', 'answer.note: null, not 4']],
  ['an empty list', { list: [] }, ['answer.list: a list with something in it, not []']],
  ['deep down', { list: [{ rank: 3 }, { rank: '4' }] }, ['answer.list[1].rank: number, not "4"']],
  ['a field too many', { more: 1 }, ['answer.more: not documented']],
])('%s', (_what, change, problems) => {
  expect(mismatches({ ...good, ...change }, shape)).toEqual(problems);
});

test('a field too few, unless it may be missing; further ones where the document is open', () => {
  const { note: _note, list: _list, ...fewer } = good;
  expect(mismatches(fewer, shape)).toEqual(['answer.list: missing']);
  expect(mismatches({ ...good, more: 1 }, { ...shape, '…': 'anything' })).toEqual([]);
  expect(mismatches('7', shape)).toEqual(['answer: an object, not "7"']);
});
