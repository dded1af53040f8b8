/** Who asks for something, and what they may ask for. */
import type { GroupId, Rank, WorkspaceId } from './ids.ts';
import type { KeyAction } from './refusals.ts';

/** The wire contracts; a key opens exactly one. */
export const dialects = ['wesk', 'rankgun', 'viscra', 'rankportal', 'dashboard', 'discord'] as const;
export type Dialect = (typeof dialects)[number];
/** The dialects that games and services speak with an API key. */
export const keyDialects = ['wesk', 'rankgun', 'viscra', 'rankportal'] as const satisfies readonly Dialect[];
export type KeyDialect = (typeof keyDialects)[number];

export type Caller = {
  readonly workspaceId: WorkspaceId;
  readonly dialect: Dialect;
  readonly keyId: number | null;
  /** A person, where the dialect names one. */
  readonly actor: string | null;
  /** The only group the key opens; null = every group of the workspace. */
  readonly groupId: GroupId | null;
  /** The highest rank the key may give; null = no limit of its own. */
  readonly maxRank: Rank | null;
  /** What the key may do; null = everything its dialect has, but export and import. */
  readonly actions: ReadonlySet<KeyAction> | null;
};

const onlyWhenNamed: ReadonlySet<KeyAction> = new Set(['export', 'import']);

export function mayDo(caller: Pick<Caller, 'actions'>, action: KeyAction): boolean {
  return caller.actions === null ? !onlyWhenNamed.has(action) : caller.actions.has(action);
}
