/** What one rank change has to know about a workspace, read in one statement; and its credentials. */
import type { GroupId, Rank, RoleId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Direction, RankRule } from '../domain/rank-change.ts';
import type { Plan } from '../domain/refusals.ts';
import { type Database, given, runPrepared, type Statement } from './database.ts';
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

const settings: Statement = {
  name: 'ranking.settings',
  text: `
    with ${given('workspace_id integer, group_id bigint, user_id bigint, direction text')}
    select w.plan, w.max_rank, w.is_open or g.group_id is not null as owns_group, g.ladder,
      exists (select from blacklist b where b.workspace_id = p.workspace_id and b.group_id = p.group_id
        and b.user_id = p.user_id and (b.expires_at is null or b.expires_at > brevet_now())) as is_blacklisted,
      (select json_agg(json_build_object('fromRank', r.from_rank, 'toRank', r.to_rank) order by r.position, r.id)
        from rank_rules r where r.workspace_id = p.workspace_id and r.group_id = p.group_id and r.kind = p.direction
        and r.is_enabled) as rules,
      (select json_agg(json_build_object('id', c.id, 'kind', c.kind, 'secret', encode(c.secret, 'hex'), 'proxy', encode(c.proxy, 'hex'))
        order by c.position) from credentials c where c.workspace_id = p.workspace_id) as credentials
    from p join workspaces w on w.id = p.workspace_id
    left join workspace_groups g on g.workspace_id = p.workspace_id and g.group_id = p.group_id`,
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
  return {
    async settings(groupId, userId, direction) {
      const [row] = await runPrepared<Row>(database, settings, {
        workspace_id: workspaceId,
        group_id: groupId,
        user_id: userId,
        direction,
      });
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
