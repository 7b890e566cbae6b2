/** The list of nouns. A new one is its file and one line here. */
import type { AddCommands } from '../command';
import { addAccountNames } from './account-names';
import { addAccounts } from './accounts';
import { addApprovals } from './memberships/approvals';
import { addAudit } from './audit';
import { addCheckConfig } from './check-config';
import { addClients } from './clients';
import { addClientsImport } from './clients-import';
import { addCompanies } from './companies';
import { addClosings } from './consents/closings';
import { addConsents } from './consents/consents';
import { addDocuments } from './consents/documents';
import { addContacts } from './memberships/contacts';
import { addCodes } from './contracts/codes';
import { addContracts } from './contracts/contracts';
import { addKeys } from './keys/keys';
import { addLegacy } from './legacy/legacy';
import { addMembers } from './memberships/members';
import { addMigrate } from './migrate';
import { addOutbox } from './outbox';
import { addRegistrationTokens } from './protocol/registration-tokens';
import { addSubjects } from './protocol/subjects';
import { addResources } from './resources/resources';
import { addSecretKeys } from './keys/secret-keys';
import { addServe } from './serve';

export const commandFiles: readonly AddCommands[] = [
  addServe,
  addMigrate,
  addCheckConfig,
  addAccounts,
  addAccountNames,
  addClosings,
  addClients,
  addClientsImport,
  addRegistrationTokens,
  addResources,
  addSubjects,
  addCompanies,
  addContacts,
  addMembers,
  addApprovals,
  addLegacy,
  addContracts,
  addCodes,
  addDocuments,
  addConsents,
  addKeys,
  addSecretKeys,
  addAudit,
  addOutbox,
];
