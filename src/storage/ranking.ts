/** What one rank change has to know about a workspace, read in one statement; and its credentials. */
import type { GroupId, Rank, RoleId, UserId, WorkspaceId } from '../domain/ids.ts';
import type { Direction, RankRule } from '../domain/rank-change.ts';
import type { Plan } from '../domain/refusals.ts';
import { type Database, runValues, type Statement } from './database.ts';
import { gathering } from './gathering.ts';
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
const settingsWith = (users: boolean, direction: boolean): Statement => ({
  name: `ranking.settings${users ? '-users' : ''}${direction ? '-direction' : ''}`,
  text: `
    select w.plan, w.max_rank, w.is_open or g.group_id is not null as owns_group, g.ladder,
      ${
        users
          ? `array(select b.user_id from blacklist b where b.workspace_id = $1 and b.group_id = $2 and b.user_id = any($3::bigint[])
        and (b.expires_at is null or b.expires_at > brevet_now()))`
          : 'null::bigint[]'
      } as blacklisted,
      ${
        direction
          ? `(select json_agg(json_build_object('fromRank', r.from_rank, 'toRank', r.to_rank) order by r.position, r.id)
        from rank_rules r where r.workspace_id = $1 and r.group_id = $2 and r.kind = $${users ? 4 : 3} and r.is_enabled)`
          : 'null::json'
      } as rules,
      (select json_agg(json_build_object('id', c.id, 'kind', c.kind, 'secret', encode(c.secret, 'hex'), 'proxy', encode(c.proxy, 'hex'))
        order by c.position) from credentials c where c.workspace_id = $1) as credentials
    from workspaces w left join workspace_groups g on g.workspace_id = w.id and g.group_id = $2
    where w.id = $1`,
});

const statements = {
  group: settingsWith(false, false),
  users: settingsWith(true, false),
  direction: settingsWith(false, true),
  both: settingsWith(true, true),
};

type Row = {
  plan: Plan;
  max_rank: Rank | null;
  owns_group: boolean;
  ladder: RoleId[] | null;
  blacklisted: UserId[] | null;
  rules: RankRule[] | null;
  credentials: (Omit<StoredCredential, 'secret'> & { secret: string })[] | null;
};

type Place = { readonly workspaceId: WorkspaceId; readonly groupId: GroupId; readonly direction: Direction | null };
type ReadSettings = (place: Place, userId: UserId | null) => Promise<RankingSettings>;

/** One for a process: what is asked of the same group at the same time is read together. */
export function createSettingsReader(database: Database, box: SecretBox): ReadSettings {
  const gatherings = new Map<string, (userId: UserId | null) => Promise<RankingSettings>>();

  async function read({ workspaceId, groupId, direction }: Place, users: readonly (UserId | null)[]) {
    const userIds = [...new Set(users.filter((id) => id !== null))];
    const place = [workspaceId, groupId, ...(userIds.length === 0 ? [] : [userIds])];
    const [row] =
      direction === null
        ? await runValues<Row>(database, userIds.length === 0 ? statements.group : statements.users, place)
        : await runValues<Row>(database, userIds.length === 0 ? statements.direction : statements.both, [
            ...place,
            direction,
          ]);
    if (row === undefined) throw new Error(`workspace ${workspaceId} is gone`);
    const shared = {
      plan: row.plan,
      maxRank: row.max_rank,
      ownsGroup: row.owns_group,
      confirmedLadder: row.ladder,
      rules: row.rules ?? [],
      credentials: (row.credentials ?? []).map((one) => ({
        ...one,
        secret: box.open(Buffer.from(one.secret, 'hex')),
        proxy: one.proxy === null ? null : box.open(Buffer.from(one.proxy, 'hex')),
      })),
    };
    return users.map((id) => ({ ...shared, isBlacklisted: id !== null && (row.blacklisted?.includes(id) ?? false) }));
  }

  return (place, userId) => {
    const name = `${place.workspaceId}/${place.groupId}/${place.direction ?? ''}`;
    let ask = gatherings.get(name);
    if (ask === undefined) {
      // a group that nobody asks about any more is not worth more than this bookkeeping
      if (gatherings.size >= gatheringsMax) gatherings.clear();
      ask = gathering((users: readonly (UserId | null)[]) => read(place, users));
      gatherings.set(name, ask);
    }
    return ask(userId);
  };
}

const gatheringsMax = 10_000;

export type RankingStore = {
  /** `direction`: whose rules to bring along; null for none. */
  settings(groupId: GroupId, userId: UserId | null, direction: Direction | null): Promise<RankingSettings>;
};

export function createRankingStore(read: ReadSettings, workspaceId: WorkspaceId): RankingStore {
  return { settings: (groupId, userId, direction) => read({ workspaceId, groupId, direction }, userId) };
}
