import { expect, test } from 'vitest';
import { RequestLog } from './request-log.ts';

test('the last ten thousand calls are kept, newest last', () => {
  const log = new RequestLog();
  const call = {
    endpoint: null,
    method: 'GET',
    host: 'h',
    path: '/',
    query: '',
    time: new Date(0),
    caller: null,
    body: undefined,
  };
  for (let i = 0; i < 25_000; i += 1) log.begin(call);
  const records = log.list();
  expect([records.length, records[0]?.id, records.at(-1)?.id]).toEqual([10_000, 15_001, 25_000]);
});
