/** Which function plays which route. A route without one does not compile. */
import type { Handler } from './call.ts';
import { challengeHandlers } from './challenges.ts';
import { cloudGroupHandlers } from './cloud-groups.ts';
import { cloudUserHandlers } from './cloud-users.ts';
import { groupFeedHandlers } from './group-feed.ts';
import { legacyGroupHandlers } from './legacy-groups.ts';
import { legacyMemberHandlers } from './legacy-members.ts';
import { legacyUserHandlers } from './legacy-users.ts';
import type { RouteName } from './routes.ts';
import { sessionHandlers } from './sessions.ts';

export const handlers: { readonly [Name in RouteName]: Handler } = {
  ...cloudGroupHandlers,
  ...cloudUserHandlers,
  ...legacyGroupHandlers,
  ...legacyMemberHandlers,
  ...legacyUserHandlers,
  ...groupFeedHandlers,
  ...sessionHandlers,
  ...challengeHandlers,
};
