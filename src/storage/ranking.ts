/** What one rank change has to know about a workspace, read in one statement; and its credentials. */
import type { GroupId, Rank, RoleId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Direction, RankRule } from '../domain/rank-change.ts';
import type { Plan } from '../domain/refusals.ts';
import { type Database, runValues, type Statement } from './database.ts';
import type { SecretBox } from './secret-box.ts';

/** A credential as stored; `roblox/` knows it by the same shape. */
export type StoredCredential = {
  readonly id: number;
  readonly kind: 'openCloud' | 'cookie';
  readonly secret: string;
  readonly proxy: string | null;
};

export type RankingSettings = {
  readonly plan: Plan;
  readonly maxRank: Rank | null;
  /** Whether the workspace lists the group, or takes any (an open workspace). */
  readonly ownsGroup: boolean;
  readonly confirmedLadder: readonly RoleId[] | null;
  readonly isBlacklisted: boolean;
  /** Enabled rules of the direction asked for, in order. */
  readonly rules: readonly RankRule[];
  /** The preferred one first. */
  readonly credentials: readonly StoredCredential[];
};

/** Blacklist and rules only where they are asked for: what finds nothing costs time too. */
const settingsWith = (user: boolean, direction: boolean): Statement => ({
  name: `ranking.settings${user ? '-user' : ''}${direction ? '-direction' : ''}`,
  text: `
    select w.plan, w.max_rank, w.is_open or g.group_id is not null as owns_group, g.ladder,
      ${
        user
          ? `exists (select from blacklist b where b.workspace_id = $1 and b.group_id = $2 and b.user_id = $3
        and (b.expires_at is null or b.expires_at > brevet_now()))`
          : 'false'
      } as is_blacklisted,
      ${
        direction
          ? `(select json_agg(json_build_object('fromRank', r.from_rank, 'toRank', r.to_rank) order by r.position, r.id)
        from rank_rules r where r.workspace_id = $1 and r.group_id = $2 and r.kind = $${user ? 4 : 3} and r.is_enabled)`
          : 'null::json'
      } as rules,
      (select json_agg(json_build_object('id', c.id, 'kind', c.kind, 'secret', encode(c.secret, 'hex'), 'proxy', c.proxy)
        order by c.position) from credentials c where c.workspace_id = $1) as credentials
    from workspaces w left join workspace_groups g on g.workspace_id = w.id and g.group_id = $2
    where w.id = $1`,
});

const settings = {
  group: settingsWith(false, false),
  user: settingsWith(true, false),
  direction: settingsWith(false, true),
  both: settingsWith(true, true),
};

export type RankingStore = {
  /** `direction`: whose rules to bring along; null for none. */
  settings(groupId: GroupId, userId: UserId | null, direction: Direction | null): Promise<RankingSettings>;
};

export function createRankingStore(database: Database, box: SecretBox, workspaceId: WorkspaceId): RankingStore {
  type Row = {
    plan: Plan;
    max_rank: Rank | null;
    owns_group: boolean;
    ladder: RoleId[] | null;
    is_blacklisted: boolean;
    rules: RankRule[] | null;
    credentials: (Omit<StoredCredential, 'secret'> & { secret: string })[] | null;
  };
  function read(groupId: GroupId, userId: UserId | null, direction: Direction | null): Promise<Row[]> {
    const place = [workspaceId, groupId];
    if (userId === null) {
      return direction === null
        ? runValues(database, settings.group, place)
        : runValues(database, settings.direction, [...place, direction]);
    }
    return direction === null
      ? runValues(database, settings.user, [...place, userId])
      : runValues(database, settings.both, [...place, userId, direction]);
  }
  return {
    async settings(groupId, userId, direction) {
      const [row] = await read(groupId, userId, direction);
      if (row === undefined) throw new Error(`workspace ${workspaceId} is gone`);
      return {
        plan: row.plan,
        maxRank: row.max_rank,
        ownsGroup: row.owns_group,
        confirmedLadder: row.ladder,
        isBlacklisted: row.is_blacklisted,
        rules: row.rules ?? [],
        credentials: (row.credentials ?? []).map((one) => ({
          ...one,
          secret: box.open(Buffer.from(one.secret, 'hex')),
          proxy: one.proxy === null ? null : box.open(Buffer.from(one.proxy, 'hex')),
        })),
      };
    },
  };
}
