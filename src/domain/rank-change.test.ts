import { describe, expect, test } from 'vitest';
import { type Rank, type RoleId, rank, roleId, userId } from './ids.ts';
import { decideRankChange, ladderRank, type RankTarget, type Situation } from './rank-change.ts';
import { ladderOf, type Role } from './roles.ts';

const role = (id: number, at: number, name = `Role ${at}`, isBase = false): Role => ({
  id: roleId(id),
  name,
  rank: rank(at),
  isBase,
});

const guest = role(100, 0, 'Guest');
const base = role(101, 1, 'Member', true);
const passenger = role(90, 1, 'Passenger');
const trainee = role(103, 3);
const crew = role(105, 5);
const donator = role(107, 7, 'Donator');
const officer = role(110, 10);
const eventTeam = role(130, 30, 'Event Team');
const captain = role(120, 20);
const admin = role(200, 200, 'Admin');
const owner = role(255, 255, 'Owner');
const roles = [owner, captain, base, guest, trainee, crew, donator, officer, eventTeam, passenger, admin];
const ladder = [passenger, trainee, crew, officer, captain].map((one) => one.id);

function situation(held: readonly Role[], more: Partial<Situation> = {}): Situation {
  return {
    userId: userId(7),
    roles,
    confirmedLadder: ladder,
    membership: { isMember: true, roles: [base.id, ...held.map((one) => one.id)], showsAllRoles: true },
    bot: { userId: userId(1), rank: rank(200) },
    highestAllowed: null,
    ...more,
  };
}

const exact = (to: number): RankTarget => ({ kind: 'exact', rank: rank(to) });
const ids = (...some: Role[]) => some.map((one) => one.id);
const sorted = (some: readonly RoleId[]) => [...some].sort((a, b) => a - b);

function change(from: Situation, target: RankTarget) {
  const decision = decideRankChange(from, target);
  if (decision.kind !== 'change') throw new Error(`expected a change, got ${JSON.stringify(decision)}`);
  return decision;
}

function refusal(from: Situation, target: RankTarget) {
  const decision = decideRankChange(from, target);
  if (decision.kind !== 'refuse') throw new Error(`expected a refusal, got ${JSON.stringify(decision)}`);
  return decision.refusal;
}

describe('the ladder', () => {
  test('base, guest and owner are never on it', () => {
    const { managed } = ladderOf(roles, null);
    expect([base, guest, owner].some((one) => managed.has(one.id))).toBe(false);
  });

  test('of two roles with rank 1 the one that is not the base role is a rung', () => {
    expect(ladderOf(roles, null).rungs[0]).toEqual(passenger);
  });

  test('a member’s rank is the highest ladder role held, whatever side roles say', () => {
    const { membership } = situation([crew, eventTeam]);
    expect(ladderRank(roles, ladder, membership)).toBe(5);
    expect(ladderRank(roles, ladder, situation([eventTeam]).membership)).toBe(1);
    expect(ladderRank(roles, ladder, { isMember: false, roles: [], showsAllRoles: true })).toBe(0);
  });
});

describe('an exact rank', () => {
  test('replaces every ladder role by the target and touches no side role', () => {
    const { before, after, fromRank, toRank } = change(situation([crew, trainee, donator, eventTeam]), exact(10));
    expect(sorted(before)).toEqual(sorted(ids(crew, trainee)));
    expect(after).toEqual(ids(officer));
    expect([fromRank, toRank]).toEqual([5, 10]);
  });

  test('already there: no change', () => {
    expect(decideRankChange(situation([crew, donator]), exact(5))).toMatchObject({ kind: 'unchanged', rank: 5 });
  });

  test('already there but with a second ladder role: the second one goes', () => {
    expect(change(situation([crew, trainee]), exact(5)).after).toEqual(ids(crew));
  });

  test('rank 1 without a role of its own means no ladder role', () => {
    const withoutPassenger = roles.filter((one) => one !== passenger);
    const from = situation([crew], { roles: withoutPassenger });
    expect(change(from, exact(1)).after).toEqual([]);
  });

  test('while the ladder is unconfirmed only the role of the old rank and those above the target go', () => {
    const from = situation([captain, crew, donator], { confirmedLadder: null });
    expect(sorted(change(from, exact(10)).after)).toEqual(sorted(ids(crew, donator, officer)));
    expect(sorted(change(from, exact(3)).after)).toEqual(ids(trainee));
  });

  test.each([0, 255, 2, 30])('rank %i is not on the ladder', (to) => {
    expect(refusal(situation([crew]), exact(to))).toMatchObject({ code: 'rank.not-on-ladder' });
  });
});

describe('who cannot be changed', () => {
  test('a stranger, the owner, the bot, and whoever holds any role at the bot’s rank', () => {
    const stranger = situation([], { membership: { isMember: false, roles: [], showsAllRoles: true } });
    expect(refusal(stranger, exact(5)).code).toBe('member.absent');
    expect(refusal(situation([owner]), exact(5)).code).toBe('member.is-owner');
    expect(refusal(situation([crew], { userId: userId(1) }), exact(5)).code).toBe('member.is-bot');
    expect(refusal(situation([crew, admin]), exact(10)).code).toBe('member.at-or-above-bot');
  });

  test('nobody gets a rank at or above the bot, or above the limit', () => {
    const lowBot = situation([crew], { bot: { userId: userId(1), rank: rank(10) } });
    expect(refusal(lowBot, exact(10)).code).toBe('rank.at-or-above-bot');
    expect(refusal(situation([crew], { highestAllowed: rank(9) }), exact(10))).toMatchObject({
      code: 'key.rank-too-high',
      highest: 9,
    });
  });
});

describe('promote and demote', () => {
  const rules = [
    { fromRank: rank(5), toRank: rank(20) },
    { fromRank: rank(5), toRank: rank(10) },
  ];

  test('the first rule that starts at the member’s rank decides', () => {
    expect(change(situation([crew]), { kind: 'rule', direction: 'promote', rules }).toRank).toBe(20);
  });

  test('without a rule there is no promotion', () => {
    expect(refusal(situation([officer]), { kind: 'rule', direction: 'promote', rules }).code).toBe('rule.none');
  });

  test('a step goes to the next rank number on the ladder, 1 is the floor', () => {
    const step = (direction: 'promote' | 'demote'): RankTarget => ({ kind: 'step', direction });
    expect(change(situation([crew]), step('promote')).toRank).toBe(10);
    expect(change(situation([trainee]), step('demote')).after).toEqual(ids(passenger));
    expect(refusal(situation([passenger]), step('demote')).code).toBe('ladder.end');
    expect(refusal(situation([captain]), step('promote')).code).toBe('ladder.end');
  });
});

describe('through a cookie, which shows the highest role only', () => {
  const seen = (highest: Role, more: Partial<Situation> = {}): Situation =>
    situation([], { membership: { isMember: true, roles: [highest.id], showsAllRoles: false }, ...more });

  test('a side role on top hides the ladder: refused before anything is written', () => {
    expect(refusal(seen(eventTeam), exact(5))).toEqual({
      code: 'credential.cannot',
      reason: 'side-role-hides-the-ladder',
    });
  });

  test('a side role between target and present rank may stay on top: refused', () => {
    expect(refusal(seen(captain), exact(5))).toEqual({ code: 'credential.cannot', reason: 'side-role-above-target' });
    expect(change(seen(captain), exact(10)).after).toEqual(ids(officer));
  });

  test('the base role cannot be written', () => {
    const withoutPassenger = roles.filter((one) => one !== passenger);
    expect(refusal(seen(trainee, { roles: withoutPassenger }), exact(1 satisfies number as Rank))).toMatchObject({
      reason: 'no-role-to-write',
    });
  });
});
