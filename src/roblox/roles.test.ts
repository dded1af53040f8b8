import { expect, test } from 'vitest';
import { roleId } from '../domain/ids.ts';
import { guessedBase } from './roles.ts';

const role = (id: number, rank: number) => ({ id: roleId(id), name: '', rank });

test('a lone role at rank 1 is taken for the base role', () => {
  expect([...guessedBase([role(10, 0), role(11, 1), role(12, 5)])]).toEqual([11]);
});

test('of several roles at rank 1 the youngest is taken for the base role', () => {
  expect([...guessedBase([role(11, 1), role(13, 1), role(12, 1)])]).toEqual([13]);
});

test('without a role at rank 1 none is the base role', () => {
  expect(guessedBase([role(10, 0), role(12, 5)]).size).toBe(0);
});
