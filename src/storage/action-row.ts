/** A row of the journal as the domain sees it. */
import type { Action } from '../domain/action.ts';
import type { ActionsTable } from './tables.ts';

export const actionColumns = [
  'id',
  'created_at',
  'workspace_id',
  'group_id',
  'user_id',
  'kind',
  'dialect',
  'status',
  'requested',
  'from_rank',
  'to_rank',
  'before_roles',
  'after_roles',
  'refusal',
  'remarks',
  'write_by',
  'usage',
  'is_overage',
] as const satisfies readonly (keyof ActionsTable)[];

/** As `pg` answers it: numbers and dates are parsed, brands are promised by the table. */
export type ActionRow = {
  id: Action['id'];
  created_at: Date;
  workspace_id: Action['workspaceId'];
  group_id: Action['groupId'];
  user_id: Action['userId'];
  kind: Action['kind'];
  dialect: Action['dialect'];
  status: Action['status'];
  requested: Action['requested'];
  from_rank: Action['fromRank'];
  to_rank: Action['toRank'];
  before_roles: Action['beforeRoles'] | null;
  after_roles: Action['afterRoles'] | null;
  refusal: Action['refusal'];
  remarks: string[] | null;
  write_by: Date | null;
  usage: number | null;
  is_overage: boolean | null;
};

export function actionFrom(row: ActionRow): Action {
  return {
    id: row.id,
    createdAt: row.created_at,
    workspaceId: row.workspace_id,
    groupId: row.group_id,
    userId: row.user_id,
    kind: row.kind,
    dialect: row.dialect,
    status: row.status,
    requested: row.requested,
    fromRank: row.from_rank,
    toRank: row.to_rank,
    beforeRoles: row.before_roles ?? [],
    afterRoles: row.after_roles ?? [],
    refusal: row.refusal,
    remarks: row.remarks ?? [],
    writeBy: row.write_by,
    usage: row.usage,
    isOverage: row.is_overage,
  };
}
