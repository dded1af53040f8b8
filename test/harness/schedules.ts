/** Random schedules for the exactly-once machine: who asks when, how far each gets, what fails, how time passes. */
import fc from 'fast-check';
import type { Happening, Luck, Machine, Process, Rules } from '../../src/domain/exactly-once/machine.ts';
import { createMachine, happen, quiesce } from '../../src/domain/exactly-once/machine.ts';
import type { Fate, OutsideChange } from '../../src/domain/exactly-once/member-at-roblox.ts';
import { brokenPromises } from '../../src/domain/exactly-once/promises.ts';
import { type RoleId, rank, roleId, userId } from '../../src/domain/ids.ts';
import type { RankTarget } from '../../src/domain/rank-change.ts';
import { judge } from '../../src/domain/settlement.ts';

const base = roleId(1);
const [private_, sergeant, captain, major] = [10, 20, 30, 40].map(roleId) as [RoleId, RoleId, RoleId, RoleId];
/** Nobody here gives these. */
const [colonel, general] = [50, 60].map(roleId) as [RoleId, RoleId];
const ladder = [private_, sergeant, captain, major, colonel, general];
const group: Machine['group'] = {
  roles: [1, 10, 20, 30, 40, 50, 60].map((number) => ({
    id: roleId(number),
    name: `rank ${number}`,
    rank: rank(number),
    isBase: number === 1,
  })),
  ladder,
  bot: { userId: userId(9), rank: rank(200) },
};

export const rules: Rules = {
  judge,
  settlesFirst: true,
  checksTurn: true,
  looksAgain: true,
  carriesMemory: true,
  knowsItBegan: true,
  reopens: true,
  knowsProgress: true,
  finishesInDoubt: true,
  writesUnseen: true,
};

export const promote: RankTarget = {
  kind: 'rule',
  direction: 'promote',
  rules: [
    { fromRank: rank(10), toRank: rank(20) },
    { fromRank: rank(20), toRank: rank(30) },
    { fromRank: rank(30), toRank: rank(40) },
  ],
};
export const exactly = (number: number): RankTarget => ({ kind: 'exact', rank: rank(number) });

export const request = (process: Process, target: RankTarget, key: string | null = null): Happening => ({
  what: 'ask',
  process,
  key,
  target,
});
export const timer = (process: Process): Happening => ({ what: 'timer', process });
export const crash = (process: Process): Happening => ({ what: 'crash', process });
export const pass = (seconds: number): Happening => ({ what: 'pass', ms: seconds * 1000 });
export const outsideMakes = (role: number): Happening => ({
  what: 'outside',
  change: { does: 'only', role: roleId(role) },
});
/** The oldest attempt takes a step for each. */
export const go = (...steps: (Fate | Luck)[]): Happening => ({
  what: 'go',
  who: 0,
  lucks: steps.map((step) => (typeof step === 'object' ? step : { lagMs: 0, fate: step })),
});

/** How bad it gets. */
export type Weather = {
  readonly lagMsMax: number;
  /** 0: what was not applied when its answer was lost never will be. */
  readonly lateMsMax: number;
  /** Where somebody else moves the member: never, to roles that nobody here gives, or also back where they came from. */
  readonly outside: 'never' | 'elsewhere' | 'anywhere';
};

/** A key belongs to one intention. */
const asks: readonly { key: string | null; target: RankTarget }[] = [
  { key: null, target: promote },
  { key: null, target: exactly(10) },
  { key: null, target: exactly(20) },
  { key: null, target: exactly(40) },
  { key: 'up', target: promote },
  { key: 'up too', target: promote },
  { key: 'to 10', target: exactly(10) },
  { key: 'to 30', target: exactly(30) },
];

const processes = fc.constantFrom<Process>('one', 'two');

function lucks(weather: Weather): fc.Arbitrary<Luck> {
  const fates: fc.WeightedArbitrary<Fate>[] = [
    { weight: 8, arbitrary: fc.constant('applied') },
    { weight: 2, arbitrary: fc.constantFrom<Fate>('unheard', 'lost') },
    { weight: 1, arbitrary: fc.constantFrom<Fate>('refused', 'turned-away') },
  ];
  if (weather.lateMsMax > 0) fates.push({ weight: 2, arbitrary: fc.integer({ min: 1, max: weather.lateMsMax }) });
  const lag = { weight: 1, arbitrary: fc.integer({ min: 0, max: weather.lagMsMax }) };
  return fc.record({
    lagMs: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, lag),
    fate: fc.oneof(...fates),
  });
}

function outsideChanges(roles: readonly RoleId[]): fc.Arbitrary<Happening> {
  const changes: fc.Arbitrary<OutsideChange> = fc.oneof(
    fc.record({ does: fc.constantFrom('only', 'give', 'take'), role: fc.constantFrom(...roles) }),
    fc.record({ does: fc.constantFrom('leave', 'join') }),
  );
  return changes.map((change): Happening => ({ what: 'outside', change }));
}

function happenings(weather: Weather): fc.Arbitrary<Happening>[] {
  const go = fc.record({
    what: fc.constant('go' as const),
    who: fc.nat({ max: 3 }),
    lucks: fc.array(lucks(weather), { minLength: 1, maxLength: 7 }),
  });
  const ask = fc
    .tuple(processes, fc.constantFrom(...asks))
    .map(([process, asked]): Happening => ({ what: 'ask', process, ...asked }));
  const pass = fc.constantFrom(1_000, 5_000, 9_000, 16_000, 30_000, 61_000, 125_000);
  return [
    go,
    go,
    go,
    ask,
    ask,
    pass.map((ms): Happening => ({ what: 'pass', ms })),
    processes.map((process): Happening => ({ what: 'crash', process })),
    processes.map((process): Happening => ({ what: 'timer', process })),
    ...(weather.outside === 'never'
      ? []
      : [outsideChanges(weather.outside === 'elsewhere' ? [colonel, general] : ladder)]),
  ];
}

/** A schedule has to be read by people. */
function inWords(happening: Happening): string {
  switch (happening.what) {
    case 'ask': {
      const { target } = happening;
      const wanted = target.kind === 'exact' ? `rank ${target.rank}` : 'promote';
      return `${happening.process} is asked: ${wanted}${happening.key === null ? '' : ` (key "${happening.key}")`}`;
    }
    case 'timer':
      return `${happening.process}: timer`;
    case 'go': {
      const steps = happening.lucks.map(({ lagMs, fate }) => {
        const landed = typeof fate === 'number' ? `lands ${fate} ms later` : fate;
        return lagMs === 0 ? landed : `${landed}, read ${lagMs} ms old`;
      });
      return `#${happening.who} goes on [${steps.join(' | ')}]`;
    }
    case 'crash':
      return `${happening.process} crashes`;
    case 'pass':
      return `${happening.ms / 1000} s pass`;
    case 'outside':
      return `outside: ${happening.change.does}${'role' in happening.change ? ` ${happening.change.role}` : ''}`;
  }
}

class Happens implements fc.Command<Machine, Machine> {
  readonly happening: Happening;
  constructor(happening: Happening) {
    this.happening = happening;
  }
  check(machine: Readonly<Machine>): boolean {
    const { what } = this.happening;
    if (what === 'go' || what === 'crash') return machine.attempts.length > 0;
    return (what !== 'ask' && what !== 'timer') || machine.attempts.length < 4;
  }
  run(machine: Machine): void {
    happen(machine, this.happening);
  }
  toString(): string {
    return inWords(this.happening);
  }
}

export const startMachine = (by: Rules): Machine => createMachine(by, group, base, [private_]);

/** Comes to rest, retries every key as its client would, comes to rest again. */
export function comeToRest(machine: Machine, dies: boolean): void {
  quiesce(machine, { dies });
  for (const { key, target } of asks) {
    if (key === null || !machine.ledger.keys.has(key)) continue;
    happen(machine, { what: 'ask', process: 'one', key, target });
    quiesce(machine, { dies: false });
    const last = machine.given.at(-1)?.answer;
    const isAnswered =
      last?.kind === 'verdict' ? last.status !== 'not-done' && last.status !== 'unsettled' : last?.isRefusal === true;
    if (!isAnswered) throw new Error(`the key "${key}" gets no verdict: ${JSON.stringify(last)}`);
  }
}

/** "Whatever happens, every promise is kept", as a property to be checked. */
export function keepsPromises(
  by: Rules,
  weather: Weather,
): fc.IProperty<[Iterable<fc.Command<Machine, Machine>>, boolean]> {
  const commands = fc.commands(
    happenings(weather).map((one) => one.map((happening) => new Happens(happening))),
    { maxCommands: 30, size: 'max' },
  );
  return fc.property(commands, fc.boolean(), (schedule, dies) => {
    const machine = startMachine(by);
    fc.modelRun(() => ({ model: machine, real: machine }), schedule);
    comeToRest(machine, dies);
    const broken = brokenPromises(machine, weather);
    if (broken.length > 0) throw new Error([...broken, ...journalOf(machine)].join('\n'));
  });
}

function journalOf({ ledger, member }: Machine): string[] {
  const rows = ledger.entries.map(
    ({ id, key, before, after, status, createdMs, settledMs }) =>
      `action ${id}${key === null ? '' : ` (${key})`}: [${before}] → [${after}] ${status}, ${createdMs}–${settledMs} ms`,
  );
  return [...rows, ...member.states.map(({ sinceMs, roles }) => `Roblox from ${sinceMs} ms: [${roles}]`)];
}
