/** What an attempt does next: one statement or one call to Roblox a step, as in `src/operations/`. */

import type { UserId } from '../ids.ts';
import { isLateWrite } from '../late-writes.ts';
import { decideRankChange, sameRoles } from '../rank-change.ts';
import { type Attempt, goOn, holderOf, leave, type StepAnswer, verdictOf } from './attempt.ts';
import { look, record, resumeAndWrite, settleOne, write } from './carry-out.ts';
import { begin, closeUnchanged, forgetDoubts, intend, leaseMs, release } from './ledger.ts';
import type { Luck, Machine } from './machine.ts';
import { planFrom, view, writesOf } from './seeing.ts';

const player = 2001 as UserId;

export function step(machine: Machine, attempt: Attempt, luck: Luck): StepAnswer {
  const { phase } = attempt;
  switch (phase.at) {
    case 'taking':
      return take(machine, attempt);
    case 'settling':
      return settleOne(machine, attempt, phase, luck);
    case 'deciding':
      return decide(machine, attempt, luck);
    case 'checking':
      return check(machine, attempt, luck);
    case 'intending': {
      const { change, plan } = phase;
      const removes = plan.filter((one) => one.does === 'unassign').map((one) => one.role);
      const intention = { ...change, removes, readMs: attempt.readMs, isRestoration: attempt.asked === null };
      const mayReplace = !machine.rules.settlesFirst;
      const entry = intend(machine.ledger, holderOf(attempt), intention, machine.nowMs, mayReplace);
      if (entry === null) return leave(attempt, 'the turn was lost before the intent');
      attempt.phase = {
        at: 'writing',
        carrying: { entry, plan, known: entry.before, written: 0, round: 1, isFresh: true, isDoubtful: false },
      };
      return null;
    }
    case 'closing': {
      const entry = closeUnchanged(machine.ledger, holderOf(attempt), phase.found, machine.nowMs);
      return entry === null ? leave(attempt, 'the turn was lost before the answer') : verdictOf(entry);
    }
    case 'resuming':
      return resumeAndWrite(machine, attempt, phase.carrying);
    case 'writing':
      return write(machine, attempt, phase.carrying, luck);
    case 'looking':
      return look(machine, attempt, phase, luck);
    case 'recording':
      return record(machine, attempt, phase);
    case 'leaving':
      release(machine.ledger, holderOf(attempt), machine.nowMs);
      return typeof phase.say === 'string'
        ? { kind: 'nothing', why: phase.say, isRefusal: phase.say.includes('.') }
        : verdictOf(phase.say);
  }
}

function take(machine: Machine, attempt: Attempt): StepAnswer {
  const { ledger, nowMs, rules } = machine;
  const { claim, fence } = begin(ledger, attempt.id, attempt.asked?.key ?? null, nowMs);
  if (claim?.kind === 'completed') return verdictOf(claim.entry);
  if (claim?.kind === 'running') return { kind: 'nothing', why: 'running', isRefusal: false };
  if (fence === null) return nowMs >= attempt.deadlineMs ? leave(attempt, 'busy') : null;
  const { pending, memory, doubts } = ledger.turn;
  Object.assign(attempt, { fence, leaseEndsMs: nowMs + leaseMs, memory, memoryAtTake: memory, doubts });
  if (claim?.former != null) attempt.phase = { at: 'settling', entry: claim.former, isOwn: true };
  else if (pending !== null && rules.settlesFirst) attempt.phase = { at: 'settling', entry: pending, isOwn: false };
  else goOn(attempt, nowMs);
  return null;
}

function decide(machine: Machine, attempt: Attempt, luck: Luck): StepAnswer {
  if (attempt.asked === null) throw new Error('the timer asks for nothing');
  const { group, rules } = machine;
  const { membership, read, held: believed } = view(machine, attempt, luck, attempt.memory);
  const { memory } = attempt;
  const isLate = rules.looksAgain && memory !== null && isLateWrite(believed, memory.held, attempt.doubts);
  const held = isLate ? memory.held : believed;
  const others = membership.roles.filter((id) => !group.ladder.includes(id));
  const decision = decideRankChange(
    {
      userId: player,
      roles: group.roles,
      confirmedLadder: group.ladder,
      membership: membership.isMember ? { ...membership, roles: [...others, ...held] } : membership,
      bot: group.bot,
      highestAllowed: null,
    },
    attempt.asked.target,
  );
  if (decision.kind === 'refuse') return leave(attempt, decision.refusal.code);
  if (decision.kind === 'unchanged') {
    const { rank } = decision;
    if (!rules.writesUnseen || sameRoles(read, held))
      attempt.phase = { at: 'closing', found: { rank, held, readMs: attempt.readMs } };
    else {
      const change = { fromRank: rank, toRank: rank, before: held, after: held };
      attempt.phase = { at: 'intending', change, plan: planFrom(change.after, { held, read }) };
    }
    return null;
  }
  const { before, after } = decision;
  const remembered = memory === null || memory.transitions.length === 0 ? [] : memory.held;
  const toRemove = [...new Set([...read, ...before, ...remembered])];
  const assign = after.filter((id) => !before.includes(id) || (rules.writesUnseen && !read.includes(id)));
  const plan = writesOf(
    assign,
    toRemove.filter((id) => !after.includes(id)),
  );
  attempt.phase = { at: 'intending', change: decision, plan };
  return null;
}

/**
 * A look at what late writes did: what was settled last is restored. A change by somebody else is left alone, and so is the
 * end of an action that nothing followed: there is no roll-back.
 */
function check(machine: Machine, attempt: Attempt, luck: Luck): StepAnswer {
  const { membership, read } = view(machine, attempt, luck, attempt.memory);
  const { memory } = attempt;
  const lastWanted = memory?.transitions.at(-1)?.after ?? [];
  const isWelcome = sameRoles(read, lastWanted);
  if (memory === null || isWelcome || !membership.isMember || !isLateWrite(read, memory.held, attempt.doubts)) {
    forgetDoubts(machine.ledger, holderOf(attempt), machine.nowMs);
    return leave(attempt, 'looked');
  }
  const [role] = machine.group.roles.filter((one) => memory.held.includes(one.id));
  const toRank = role?.rank ?? machine.group.bot.rank;
  const change = { fromRank: toRank, toRank, before: read, after: memory.held };
  attempt.phase = { at: 'intending', change, plan: planFrom(change.after, { held: read, read }) };
  return null;
}
