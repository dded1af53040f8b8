import { describe, expect, test } from 'vitest';
import { type RoleId, roleId } from './ids.ts';
import { believe, judge, type Memory, remember } from './settlement.ts';

const [a, b, c, d] = [1, 2, 3, 4].map(roleId) as [RoleId, RoleId, RoleId, RoleId];
const member = { isMember: true, roles: [], showsAllRoles: true };
const verdict = (before: RoleId[], after: RoleId[], held: RoleId[], age = 60) =>
  judge({ before, after }, member, held, age);

describe('judge', () => {
  test('held = after: done, however it came about', () => {
    expect(verdict([a], [b], [b], 0)).toBe('done');
  });

  test('held = before: not done, but only once no write can still land', () => {
    expect(verdict([a], [b], [a], 11)).toBe('not-done');
    expect(verdict([a], [b], [a], 10)).toBe('too-early');
  });

  test('between the two: half-done', () => {
    expect(verdict([a, c], [b], [a, b, c])).toBe('half-done');
    expect(verdict([a, c], [b], [b, c])).toBe('half-done');
    expect(verdict([a, c], [], [c])).toBe('half-done');
  });

  test('anything else was somebody else', () => {
    expect(verdict([a], [b], [c])).toBe('superseded');
    expect(verdict([a], [b], [])).toBe('superseded');
    expect(verdict([a], [b], [b, d])).toBe('superseded');
    expect(judge({ before: [a], after: [b] }, { ...member, isMember: false }, [], 60)).toBe('superseded');
  });

  test('sets are compared, not their order', () => {
    expect(verdict([a, c], [b, d], [d, b])).toBe('done');
  });
});

describe('believe', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
  const once = remember(null, { before: [a], after: [b] }, { held: [b], at: at(0), isOnlyRole: false });
  const twice = remember(once, { before: [b], after: [c] }, { held: [c], at: at(2), isOnlyRole: false });

  test('a read that still shows what was before our write is stale', () => {
    expect(believe([a], once, at(5))).toEqual({ held: [b], isStale: true });
    expect(believe([a, b], once, at(5))).toEqual({ held: [b], isStale: true });
  });

  test('a read from before two writes ago is stale as well', () => {
    expect(believe([a], twice, at(5))).toEqual({ held: [c], isStale: true });
    expect(believe([b], twice, at(5))).toEqual({ held: [c], isStale: true });
  });

  test('a role nobody here gave is a change from outside', () => {
    expect(believe([d], twice, at(5))).toEqual({ held: [d], isStale: false });
    expect(believe([], twice, at(5))).toEqual({ held: [], isStale: false });
  });

  test('after 120 s every read is believed', () => {
    expect(believe([a], once, at(120))).toEqual({ held: [a], isStale: false });
  });

  test('without a memory the read stands', () => {
    expect(believe([a], null, at(0))).toEqual({ held: [a], isStale: false });
  });

  test('memory forgets transitions that are over', () => {
    const later: Memory = remember(once, { before: [b], after: [c] }, { held: [c], at: at(130), isOnlyRole: false });
    expect(later.transitions).toHaveLength(1);
  });
});
