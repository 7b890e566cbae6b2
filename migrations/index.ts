/** Every migration in order. Forward only; a released one is never edited. */
import type { Migration } from 'kysely/migration';
import * as foundation from './0001-foundation';
import * as companies from './0002-companies';
import * as memberships from './0003-memberships';
import * as registrations from './0004-registrations';
import * as membershipAccounts from './0005-membership-accounts';
import * as approvals from './0006-approvals';
import * as consentsAndContracts from './0007-consents-and-contracts';
import * as accountSessions from './0008-account-sessions';
import * as actingCompany from './0009-acting-company';
import * as customerKinds from './0010-customer-kinds';
import * as resources from './0011-resources';
import * as phoneFacts from './0012-phone-facts';
import * as backChannelLogout from './0013-back-channel-logout';
import * as clientRegistration from './0014-client-registration';
import * as exchangeAndDetails from './0015-exchange-and-details';
import * as keyRotation from './0016-key-rotation';
import * as largeTables from './0017-large-tables';
import * as spentRefreshTokens from './0018-spent-refresh-tokens';

export const migrations: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-companies': companies,
  '0003-memberships': memberships,
  '0004-registrations': registrations,
  '0005-membership-accounts': membershipAccounts,
  '0006-approvals': approvals,
  '0007-consents-and-contracts': consentsAndContracts,
  '0008-account-sessions': accountSessions,
  '0009-acting-company': actingCompany,
  '0010-customer-kinds': customerKinds,
  '0011-resources': resources,
  '0012-phone-facts': phoneFacts,
  '0013-back-channel-logout': backChannelLogout,
  '0014-client-registration': clientRegistration,
  '0015-exchange-and-details': exchangeAndDetails,
  '0016-key-rotation': keyRotation,
  '0017-large-tables': largeTables,
  '0018-spent-refresh-tokens': spentRefreshTokens,
};
