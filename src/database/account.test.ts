import { expect, test } from 'vitest';
import { parseAccounts } from './account.ts';

test('accounts come with their ids; root, broken lines and negative ids are none', () => {
  const passwd = [
    'root:x:0:0:root:/root:/bin/bash',
    'postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash',
    'nobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false',
    '# a comment',
    '',
    ':x:7:7::/:',
    'odd:x:abc:1::/:',
  ].join('\n');
  expect(parseAccounts(passwd)).toEqual([{ name: 'postgres', uid: 101, gid: 104 }]);
});
