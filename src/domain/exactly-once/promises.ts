/**
 * What must be true when all has come to rest: "nothing acknowledged is lost, no request is applied twice, and with an
 * Idempotency-Key no intention is" (design.md 3), spelled out as facts about the journal, the answers and Roblox.
 */
import { sameRoles } from '../rank-change.ts';
import type { Entry } from './ledger.ts';
import type { Given, Machine } from './machine.ts';
import { truth } from './member-at-roblox.ts';

/** How old a read can be, and how late a write can land. */
export type Delays = { readonly lagMsMax: number; readonly lateMsMax: number };

/** Every promise that is broken, a sentence each. */
export function brokenPromises(machine: Machine, delays: Delays): string[] {
  const { entries, turn } = machine.ledger;
  const broken: string[] = [];
  if (turn.pending !== null || entries.some((entry) => entry.status === 'unsettled'))
    broken.push('an action is unsettled');
  if (turn.doubts.length > 0) broken.push('a late write was not looked at');
  return [...broken, ...brokenByOwnership(machine), ...brokenAnswers(machine), ...brokenAtRoblox(machine, delays)];
}

function brokenByOwnership({ ledger: { entries } }: Machine): string[] {
  const counts = new Map<string, number>();
  for (const { attempt, key } of entries) {
    for (const owner of [`request ${attempt}`, ...(key === null ? [] : [`key ${key}`])]) {
      counts.set(owner, (counts.get(owner) ?? 0) + 1);
    }
  }
  return [...counts].filter(([, count]) => count > 1).map(([owner, count]) => `${owner} owns ${count} actions`);
}

/** A verdict that was told stands: in the journal, and in what a retry is answered. */
function brokenAnswers({ given, ledger }: Machine): string[] {
  return given.flatMap(({ answer, key }: Given) => {
    if (answer.kind === 'nothing' || answer.status === 'unsettled') return [];
    const entry = ledger.entries.find((one) => one.id === answer.entry);
    if (entry === undefined || entry.toRank !== answer.toRank) return ['an answer is not in the journal'];
    const mayStillCome = answer.status === 'not-done' && key !== null;
    return entry.status === answer.status || mayStillCome ? [] : [`told ${answer.status}, stored ${entry.status}`];
  });
}

function brokenAtRoblox(machine: Machine, { lagMsMax, lateMsMax }: Delays): string[] {
  const { ledger, member, changedOutsideMs } = machine;
  const held = truth(member).roles;
  const last = inOrderOfVerdict(ledger.entries).at(-1);
  const broken = changedOutsideMs.length === 0 ? brokenUndisturbed(machine) : [];
  if (last?.leaves == null || changedOutsideMs.some((at) => at >= last.readMs - lagMsMax)) return broken;
  // told "not done" or "in part", and then it came about all the same, with nothing after it: there is no roll-back
  const mayComeAbout = last.status === 'partial' || (last.status === 'not-done' && lateMsMax > 0);
  const isKept = sameRoles(held, last.leaves) || (mayComeAbout && sameRoles(held, last.after));
  return isKept ? broken : [...broken, `what was settled last (action ${last.id}) is not what is held`];
}

/** Nobody else touched the member, so all that happened was asked for. */
function brokenUndisturbed({ ledger, member }: Machine): string[] {
  const broken: string[] = [];
  const actions = inOrderOfVerdict(ledger.entries);
  const hasTwo = truth(member).roles.length > 1;
  if (hasTwo && !endsInPart(actions)) broken.push('two ladder roles, and nobody outside gave one');
  // what Roblox refused to finish may still be finished by a late write of it
  const partial = actions.findIndex((entry) => entry.status === 'partial');
  for (const [index, entry] of actions.slice(0, partial < 0 ? undefined : partial).entries()) {
    // run again, it may find that later ones moved the member; a restoration starts where a late write left the member
    if (entry.wasRunAgain || entry.isRestoration) continue;
    if (entry.status === 'superseded') broken.push(`action ${entry.id} blames somebody else, and nobody was there`);
    const former = actions[index - 1];
    if (former?.leaves == null || sameRoles(former.leaves, entry.before)) continue;
    broken.push(`action ${entry.id} does not start where action ${former.id} left the member`);
  }
  return broken;
}

/**
 * Those that found something out; one action at a time, so in the order of their verdicts: an action run again by its key has
 * its verdict later than those made after it. A restoration that came to nothing says nothing; another one follows.
 */
function inOrderOfVerdict(entries: readonly Entry[]): readonly Entry[] {
  return entries
    .filter((entry) => entry.leaves !== null && !(entry.isRestoration && entry.status !== 'done'))
    .toSorted((a, b) => a.settledMs - b.settledMs);
}

/** Roblox refused to finish an action, the caller was told, and nothing has been done since. */
function endsInPart(actions: readonly Entry[]): boolean {
  const lastChange = actions.findLast(
    (entry) => !entry.isRestoration && (entry.status === 'partial' || entry.status === 'done'),
  );
  return lastChange?.status === 'partial';
}
