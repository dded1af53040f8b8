/** One member of one group as Roblox has it: reads that lag, and writes that land late, never, or without an answer. */
import type { RoleId } from '../ids.ts';
import type { Membership } from '../roles.ts';

export type Write = { readonly does: 'assign' | 'unassign'; readonly role: RoleId };

/** What becomes of a write. Milliseconds: its answer is lost and it lands that much later. */
export type Fate = 'applied' | 'unheard' | 'lost' | 'refused' | 'turned-away' | number;

/** What somebody else does to the member; `only`: this ladder role and no other, as the website's rank menu does. */
export type OutsideChange =
  | { readonly does: 'only' | 'give' | 'take'; readonly role: RoleId }
  | { readonly does: 'leave' | 'join' };

type State = { readonly sinceMs: number; readonly isMember: boolean; readonly roles: readonly RoleId[] };

export type MemberAtRoblox = {
  readonly baseRole: RoleId;
  /** Oldest first; the last one is the truth. Ladder roles only. */
  readonly states: State[];
  readonly onTheWay: { readonly write: Write; readonly landsAtMs: number }[];
};

export function memberAtRoblox(baseRole: RoleId, roles: readonly RoleId[]): MemberAtRoblox {
  return { baseRole, states: [{ sinceMs: 0, isMember: true, roles }], onTheWay: [] };
}

export function truth(member: MemberAtRoblox): State {
  const last = member.states.at(-1);
  if (last === undefined) throw new Error('a member always has a state');
  return last;
}

/** What a read answers that lags by `lagMs`. */
export function readAt(member: MemberAtRoblox, nowMs: number, lagMs: number): Membership {
  const shown = member.states.findLast((state) => state.sinceMs <= nowMs - lagMs) ?? member.states[0] ?? truth(member);
  const roles = shown.isMember ? [member.baseRole, ...shown.roles] : [];
  return { isMember: shown.isMember, roles, showsAllRoles: true };
}

/** Lets everything land that is due by now, in order. */
export function landUntil(member: MemberAtRoblox, nowMs: number): void {
  const due = member.onTheWay.filter((one) => one.landsAtMs <= nowMs).sort((a, b) => a.landsAtMs - b.landsAtMs);
  for (const one of due) {
    member.onTheWay.splice(member.onTheWay.indexOf(one), 1);
    apply(member, one.write, one.landsAtMs);
  }
}

/** Answers what became of it in the end: nobody writes to who has left. */
export function send(member: MemberAtRoblox, write: Write, chance: Fate, nowMs: number): Fate {
  const isThere = truth(member).isMember;
  const fate = isThere || typeof chance === 'number' ? chance : chance === 'applied' ? 'refused' : 'lost';
  if (typeof fate === 'number') member.onTheWay.push({ write, landsAtMs: nowMs + fate });
  else if (fate === 'applied' || fate === 'unheard') apply(member, write, nowMs);
  return fate;
}

export function changeFromOutside(member: MemberAtRoblox, change: OutsideChange, nowMs: number): void {
  const { isMember, roles } = truth(member);
  const becomes = (state: Omit<State, 'sinceMs'>) => member.states.push({ sinceMs: nowMs, ...state });
  switch (change.does) {
    case 'leave':
      becomes({ isMember: false, roles: [] });
      return;
    case 'join':
      becomes({ isMember: true, roles });
      return;
    case 'only':
      if (isMember) becomes({ isMember, roles: [change.role] });
      return;
    case 'give':
      apply(member, { does: 'assign', role: change.role }, nowMs);
      return;
    case 'take':
      apply(member, { does: 'unassign', role: change.role }, nowMs);
  }
}

function apply(member: MemberAtRoblox, { does, role }: Write, nowMs: number): void {
  const { isMember, roles } = truth(member);
  if (!isMember || roles.includes(role) === (does === 'assign')) return;
  const now = does === 'assign' ? [...roles, role] : roles.filter((id) => id !== role);
  member.states.push({ sinceMs: nowMs, isMember, roles: now });
}
