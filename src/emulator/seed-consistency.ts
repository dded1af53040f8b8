/** What a seed can get wrong although every field is well formed: ids that lead nowhere, twins, missing fixed roles. */
import type { Seed } from './seed.ts';

export function problemsOf(seed: Seed): string[] {
  const problems: string[] = [];
  const users = new Set(seed.users.map((user) => user.id));
  const passes = new Set(seed.passes.map((pass) => pass.id));
  const knownUser = (place: string, userId: number) => {
    if (!users.has(userId)) problems.push(`${place}: there is no user ${userId}. Add them to "users".`);
  };
  const unique = (place: string, ids: readonly (number | string)[], what: string) => {
    const seen = new Map<number | string, number>();
    ids.forEach((id, index) => {
      const first = seen.get(id);
      if (first === undefined) seen.set(id, index);
      else
        problems.push(
          `${place.replace('#', String(index))}: ${what} ${id} stands here a second time (first at ${first}).`,
        );
    });
  };

  unique(
    'users[#].id',
    seed.users.map((user) => user.id),
    'user',
  );
  unique(
    'users[#].name',
    seed.users.map((user) => user.name.toLowerCase()),
    'the name',
  );
  unique(
    'groups[#].id',
    seed.groups.map((group) => group.id),
    'group',
  );
  unique(
    'keys[#].key',
    seed.keys.map((key) => key.key),
    'the key',
  );
  unique(
    'sessions[#].cookie',
    seed.sessions.map((session) => session.cookie),
    'the cookie',
  );
  seed.users.forEach((user, u) => {
    user.passIds.forEach((passId, p) => {
      if (!passes.has(passId)) {
        problems.push(`users[${u}].passIds[${p}]: there is no pass ${passId}. Add it to "passes".`);
      }
    });
  });
  seed.sessions.forEach((session, index) => {
    knownUser(`sessions[${index}].userId`, session.userId);
  });
  seed.keys.forEach((key, index) => {
    knownUser(`keys[${index}].ownerId`, key.ownerId);
  });
  seed.tokens.forEach((token, index) => {
    knownUser(`tokens[${index}].userId`, token.userId);
  });

  const roleOwners = new Map<number, string>();
  seed.groups.forEach((group, g) => {
    const at = `groups[${g}]`;
    problems.push(...roleProblems(group, at, roleOwners));
    problems.push(...memberProblems(group, at));
    unique(
      `${at}.members[#].userId`,
      group.members.map((member) => member.userId),
      'user',
    );
    if (group.ownerId !== null) knownUser(`${at}.ownerId`, group.ownerId);
    group.members.forEach((member, m) => {
      knownUser(`${at}.members[${m}].userId`, member.userId);
    });
    group.joinRequests.forEach((request, r) => {
      knownUser(`${at}.joinRequests[${r}].userId`, request.userId);
      if (group.members.some((member) => member.userId === request.userId)) {
        problems.push(
          `${at}.joinRequests[${r}].userId: user ${request.userId} is a member already. Remove one of the two.`,
        );
      }
    });
    group.bans.forEach((ban, b) => {
      knownUser(`${at}.bans[${b}].userId`, ban.userId);
    });
    if (group.shout !== null) knownUser(`${at}.shout.posterId`, group.shout.posterId);
  });
  return problems;
}

function roleProblems(group: Seed['groups'][number], at: string, roleOwners: Map<number, string>): string[] {
  const problems: string[] = [];
  const seen = new Map<number, number>();
  let bases = 0;
  group.roles.forEach((role, r) => {
    const place = `${at}.roles[${r}]`;
    const elsewhere = roleOwners.get(role.id);
    if (elsewhere !== undefined)
      problems.push(`${place}.id: role ${role.id} is also ${elsewhere}. Role ids are unique.`);
    roleOwners.set(role.id, place);
    if (role.isBase) {
      bases += 1;
      if (role.rank !== 1) problems.push(`${place}.rank: the base role has rank 1, not ${role.rank}.`);
      if (bases > 1) problems.push(`${place}.isBase: a group has one base role. Set it to false here.`);
      return;
    }
    // Ranks in between may be shared: old groups have such roles, and since 2026 every group has the base role at rank 1.
    const twin = role.rank === 0 || role.rank === 255 ? seen.get(role.rank) : undefined;
    if (twin !== undefined) {
      problems.push(`${place}.rank: rank ${role.rank} is taken by ${at}.roles[${twin}]; a group has one such role.`);
    }
    seen.set(role.rank, r);
  });
  return problems;
}

function memberProblems(group: Seed['groups'][number], at: string): string[] {
  const roles = new Map(group.roles.map((role) => [role.id, role]));
  const problems: string[] = [];
  group.members.forEach((member, m) => {
    member.roleIds.forEach((roleId, r) => {
      const place = `${at}.members[${m}].roleIds[${r}]`;
      const role = roles.get(roleId);
      if (role === undefined) {
        problems.push(`${place}: ${group.name} has no role ${roleId}. Role ids are meant here, not ranks.`);
      } else if (role.rank === 0) {
        problems.push(`${place}: the guest role is for people who are not members. Leave it out.`);
      } else if (role.rank === 255 && member.userId !== group.ownerId) {
        problems.push(
          `${place}: only the owner holds the owner role. Set "ownerId" to ${member.userId}, or leave it out.`,
        );
      }
    });
  });
  return problems;
}
