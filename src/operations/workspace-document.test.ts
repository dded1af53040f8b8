import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Refused } from '../domain/refusals.ts';
import { parseDocument } from './workspace-document.ts';

const example = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../docs/workspace.example.json'), 'utf8').replaceAll(
    /\{\s*"(?:env|file)": "([^"]+)"\s*\}/g,
    '"secret of $1"',
  ),
);
const minimal = { workspace: { slug: 'acme' } };

function problemsOf(document: unknown) {
  try {
    parseDocument(document);
    return [];
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'document.invalid') throw error;
    return error.refusal.problems;
  }
}

test('the documented example is right, and so is a slug alone', () => {
  expect(problemsOf(example)).toEqual([]);
  expect(problemsOf(minimal)).toEqual([]);
});

const key = { dialect: 'viscra', value: 'a-key-of-16-chars' };
const group = { id: 7001, main: true };
const rule = { groupId: 7001, kind: 'promote', fromRank: 3, toRank: 5 };

test.each<[place: string, part: object, says: string]>([
  ['workspace.slug', { workspace: {} }, 'is missing; it must be'],
  ['workspace.slug', { workspace: { slug: 'Acme!' } }, 'small letters'],
  ['workspace.plan', { workspace: { slug: 'a', plan: 'gold' } }, 'must be one of starter, pro'],
  ['workspace.timezone', { workspace: { slug: 'a', timezone: 'Mars/Olympus' } }, 'time zone'],
  ['workspace.timezone', { workspace: { slug: 'a', timezone: '+02:00' } }, 'time zone'],
  ['workspace.maxRank', { workspace: { slug: 'a', maxRank: 256 } }, 'from 0 to 255'],
  ['workspace.name', { workspace: { slug: 'a', name: 'nul\u0000' } }, 'control characters'],
  ['workspace.name', { workspace: { slug: 'a', name: 'half \ud800' } }, 'broken Unicode'],
  ['colour', { colour: 1 }, 'not a known field'],
  ['keys[0].maxRanks', { keys: [{ ...key, maxRanks: 1 }] }, 'not a known field'],
  ['["odd name"]', { 'odd name': 1 }, 'not a known field'],
  ['groups', { groups: {} }, 'must be a list'],
  ['groups[1].main', { groups: [group, { id: 7002, main: true }] }, 'groups[0] is the main group already'],
  ['groups[1]', { groups: [group, { id: 7001 }] }, 'same entry as groups[0]'],
  ['groups[0].company', { groups: [{ ...group, company: 'sub1' }] }, 'must be left out'],
  [
    'groups[2].company',
    { groups: [group, { id: 2, company: 'sub1' }, { id: 3, company: 'sub1' }] },
    'taken by another',
  ],
  ['groups[0].ladder', { groups: [{ ...group, ladder: [] }] }, 'at least one role'],
  ['groups[0].ladder[1]', { groups: [{ ...group, ladder: [5, 5] }] }, 'same entry'],
  ['groups[0].id', { groups: [{ id: '7001', main: true }] }, 'must be a whole number'],
  ['keys[0].dialect', { keys: [{ ...key, dialect: 'dashboard' }] }, 'must be one of wesk'],
  ['keys[0].value', { keys: [{ ...key, value: 'too-short' }] }, '16 to 256'],
  ['keys[0].value', { keys: [{ ...key, value: 'sixteen chars, ü!' }] }, 'printable ASCII'],
  ['keys[0].value', { keys: [{ ...key, value: { env: 'A' } }] }, 'brevet apply'],
  ['keys[0].value', { keys: [{ dialect: 'viscra' }] }, 'is missing'],
  ['keys[0].lastFour', { keys: [{ ...key, lastFour: 'abcd' }] }, 'not how the value ends'],
  ['keys[1]', { keys: [key, { ...key, dialect: 'wesk' }] }, 'same entry as keys[0]'],
  ['keys[0].actions[0]', { keys: [{ ...key, actions: ['fly'] }] }, 'must be one of rank'],
  ['keys[0].actions', { keys: [{ ...key, actions: [] }] }, 'null stands for all'],
  ['keys[0].expiresAt', { keys: [{ ...key, expiresAt: '31.1.2027' }] }, 'ISO 8601'],
  ['keys[0].expiresAt', { keys: [{ ...key, expiresAt: '2027-01-31T18:00:00' }] }, 'time zone'],
  ['rules[0].fromRank', { rules: [{ ...rule, fromRank: 0 }] }, 'from 1 to 254'],
  ['rules[0].toRank', { rules: [{ ...rule, toRank: 255 }] }, 'from 1 to 254'],
  ['rules[0].toRank', { rules: [{ ...rule, toRank: 2 }] }, 'the rule promotes'],
  ['rules[0].toRank', { rules: [{ ...rule, kind: 'demote' }] }, 'the rule demotes'],
  ['rules[1]', { rules: [rule, rule] }, 'same entry'],
  ['blacklist[0].robloxUserId', { blacklist: [{ groupId: 1, robloxUserId: -5 }] }, 'whole number from 1'],
  ['discord.serverId', { discord: { serverId: 9e17 } }, 'in quotes'],
  ['verifications[0].discordId', { verifications: [{ robloxId: 1, discordId: '12' }] }, '15 to 20 digits'],
  ['sessionTypes[0].color', { sessionTypes: [{ name: 'T', color: 'blue' }] }, '#3b82f6'],
  ['medals[1]', { medals: [{ name: 'Star' }, { name: 'STAR' }] }, 'same entry'],
  [
    'sessionRoles[1].isDefault',
    {
      sessionRoles: [
        { name: 'A', isDefault: true },
        { name: 'B', isDefault: true },
      ],
    },
    'default already',
  ],
  [
    'extraCredentials[0].value',
    { credential: { kind: 'cookie', value: 'c' }, extraCredentials: [{ kind: 'cookie', value: 'c' }] },
    'twice',
  ],
  ['ep.targets.sub9', { ep: { targets: { sub9: 1 } } }, ''],
  [
    'rankCentre.offers[0].targetRank',
    { rankCentre: { offers: [{ name: 'V', gamepassId: 1, minRank: 9, targetRank: 9 }] } },
    'never demotes',
  ],
  [
    'rankCentre.offers[1]',
    {
      rankCentre: {
        offers: [
          { name: 'V', gamepassId: 1, targetRank: 9 },
          { name: 'v', gamepassId: 2, targetRank: 9 },
        ],
      },
    },
    'same entry',
  ],
  [
    'applications[0].questions[0].options',
    { applications: [{ slug: 'a', questions: [{ id: 'q', type: 'multiple_choice', prompt: 'p' }] }] },
    'at least 2',
  ],
  [
    'records[0].loa.endsAt',
    { records: [{ robloxId: 1, loa: { startedAt: '2026-02-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' } }] },
    'after startedAt',
  ],
  ['webhooks[0].url', { webhooks: [{ url: 'ftp://x' }] }, 'must be a URL'],
  ['webhooks[0].events[0]', { webhooks: [{ url: 'https://x.example', events: ['No Event'] }] }, 'name of an event'],
  ['prune', { prune: 'yes' }, 'true or false'],
])('%s is named when it is wrong', (place, part, says) => {
  const problems = problemsOf({ ...minimal, ...part });
  expect(problems.map((problem) => problem.place)).toEqual([place]);
  expect(problems[0]?.problem).toContain(says);
});

test.each([[null], [[]], ['text'], [7], [undefined]])('%j is no document', (document) => {
  expect(problemsOf(document)).toMatchObject([{ place: '(document)' }]);
});

test('every mistake is told at once, a hundred of them at most', () => {
  const blacklist = Array.from({ length: 500 }, () => ({ groupId: 0, robloxUserId: 0 }));
  expect(problemsOf({ workspace: { slug: '' }, keys: [{}], blacklist })).toHaveLength(100);
  expect(problemsOf({ workspace: { slug: 'a', plan: 1 }, prune: 1, groups: 1 })).toHaveLength(3);
});

test('a secret is never repeated in what is said about it', () => {
  const secret = 'a-secret-with-an-ü-in-it';
  const problems = problemsOf({
    ...minimal,
    credential: { kind: 'cookie', value: `${secret}\n` },
    keys: [{ dialect: 'wesk', value: secret }],
  });
  expect(problems).toHaveLength(2);
  expect(JSON.stringify(problems)).not.toContain(secret);
});

test('whatever is handed in is read or refused with a place; nothing else happens', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const problem of problemsOf(value)) expect(problem.place).not.toBe('');
    }),
    { numRuns: 500 },
  );
});
