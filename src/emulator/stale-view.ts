/**
 * A group as a read sees it: as it is, or as it was some seconds ago. Roblox's lists lag behind its writes
 * (roblox-api.md 13.5); a `staleReads` fault makes a read lag by exactly so much.
 */
import type { Group, JoinRequest, Member, PastRecord } from './world.ts';

export type View = {
  readonly members: ReadonlyMap<number, Member>;
  readonly joinRequests: ReadonlyMap<number, JoinRequest>;
};

/** `asOf` null: the present, at no cost. */
export function viewOf(group: Group, asOf: Date | null): View {
  if (asOf === null) return group;
  const firstChangeSince = new Map<number, PastRecord>();
  for (const record of group.past) {
    if (record.at > asOf && !firstChangeSince.has(record.userId)) firstChangeSince.set(record.userId, record);
  }
  if (firstChangeSince.size === 0) return group;
  const members = new Map(group.members);
  const joinRequests = new Map(group.joinRequests);
  for (const { userId, member, joinRequest } of firstChangeSince.values()) {
    put(members, userId, member);
    put(joinRequests, userId, joinRequest);
  }
  return { members, joinRequests };
}

function put<T>(map: Map<number, T>, id: number, value: T | null): void {
  if (value === null) map.delete(id);
  else map.set(id, value);
}
