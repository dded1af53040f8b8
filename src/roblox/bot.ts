/** The account a credential acts as, and what it is in a group. */
import type { Clock } from '../domain/clock.ts';
import { type GroupId, isRobloxId, userId } from '../domain/ids.ts';
import { type Bot, highestRank } from '../domain/roles.ts';
import type { Caller } from './call.ts';
import type { Account, CredentialSession } from './credential-session.ts';
import type { AnswerOf, EndpointName } from './endpoints.ts';
import { unreadable } from './failures.ts';
import { readMembership } from './memberships.ts';
import { Remembered } from './remembered.ts';
import type { CallOptions } from './roblox.ts';
import type { Roles } from './roles.ts';

const rememberedForMs = 5 * 60_000;

export type Bots = {
  readBot(session: CredentialSession, groupId: GroupId, options: CallOptions): Promise<Bot>;
  forget(groupId: GroupId): void;
};

export function createBots(caller: Caller, roles: Roles, clock: Clock): Bots {
  const known = new Remembered<Bot>(clock);
  return {
    async readBot(session, groupId, options) {
      const found = known.get(groupId, session.key);
      // Of another account: the owner has replaced the secret meanwhile.
      if (found !== null && found.value.userId === session.account?.userId) return found.value;
      const account = await readAccount(caller, session, options);
      const [membership, groupRoles] = await Promise.all([
        readMembership(caller, session, groupId, account.userId, options),
        roles.readRoles(session, groupId, options, false),
      ]);
      const bot = { userId: account.userId, rank: highestRank(groupRoles ?? [], membership) };
      known.set(groupId, session.key, bot, rememberedForMs);
      return bot;
    },
    forget: (groupId) => known.forget(groupId),
  };
}

/** Who the credential is; remembered as long as its secret is the same. */
async function readAccount(caller: Caller, session: CredentialSession, options: CallOptions): Promise<Account> {
  if (session.account !== null) return session.account;
  const { secret } = session;
  let account: Account;
  if (session.credential.kind === 'openCloud') {
    account = accountOf(await introspect(caller, session, options));
  } else {
    const { id, name } = await caller.read({ endpoint: 'getAuthenticatedUser', parameters: {}, session, options });
    account = accountFrom('getAuthenticatedUser', id, name);
  }
  // A cookie rotated by this very answer belongs to the same account; a secret the owner put in its place need not.
  if (session.secret === secret || session.isRotationOf(secret)) session.account = account;
  return account;
}

export function introspect(
  caller: Caller,
  session: CredentialSession,
  options: CallOptions,
  ignoresCircuit = false,
): Promise<AnswerOf<'introspectKey'>> {
  return caller.read({
    endpoint: 'introspectKey',
    parameters: {},
    body: { apiKey: session.secret },
    session,
    options,
    carriesKey: true,
    ignoresCircuit,
  });
}

/** The key's name stands for the account's: introspection does not tell the latter. */
export function accountOf(key: AnswerOf<'introspectKey'>): Account {
  return accountFrom('introspectKey', key.authorizedUserId, key.name);
}

export function accountFrom(endpoint: EndpointName, id: number, name: string): Account {
  if (!isRobloxId(id)) throw unreadable(endpoint);
  return { userId: userId(id), name };
}
