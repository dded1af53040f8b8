import { describe, expect, test } from 'vitest';
import { type RoleId, roleId } from './ids.ts';
import { isLateWrite, setLateWritesAside } from './late-writes.ts';

const [a, b, c, d] = [1, 2, 3, 4].map(roleId) as [RoleId, RoleId, RoleId, RoleId];
/** A change from a to b whose answers were lost. */
const doubts = [{ adds: [b], removes: [a] }];

describe('a late write', () => {
  test('adds what its action wanted, or removes what it found', () => {
    expect(isLateWrite([c, b], [c], doubts)).toBe(true);
    expect(isLateWrite([], [a], doubts)).toBe(true);
    expect(isLateWrite([b], [a], doubts)).toBe(true);
  });

  test('does not explain other roles, nor what is as it should be, nor anything once it is forgotten', () => {
    expect(isLateWrite([c, d], [c], doubts)).toBe(false);
    expect(isLateWrite([c, a], [c], doubts)).toBe(false);
    expect(isLateWrite([], [c], doubts)).toBe(false);
    expect(isLateWrite([c], [c], doubts)).toBe(false);
    expect(isLateWrite([c, b], [c], [])).toBe(false);
  });
});

describe('set aside, another action is judged by what is left', () => {
  test('a role that turned up is not counted, unless the action is about it', () => {
    expect(setLateWritesAside([c, b], { before: [c], after: [d] }, doubts)).toEqual([c]);
    expect(setLateWritesAside([c, b], { before: [c], after: [b] }, doubts)).toEqual([c, b]);
  });

  test('a role that went missing is counted', () => {
    expect(setLateWritesAside([c], { before: [a, c], after: [d] }, doubts)).toEqual([a, c]);
    expect(setLateWritesAside([c], { before: [d], after: [a] }, doubts)).toEqual([c, a]);
  });

  test('what no doubt explains stays as it is', () => {
    expect(setLateWritesAside([d], { before: [c], after: [b] }, doubts)).toEqual([d]);
    expect(setLateWritesAside([c, b], { before: [c], after: [d] }, [])).toEqual([c, b]);
  });
});
