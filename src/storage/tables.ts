/** Row types of every table, for Kysely. A feature's `store.ts` picks from here; nothing else does. */
import type { ColumnType, Generated, JSONColumnType, Kysely, Selectable, Transaction } from 'kysely';
import type {
  CompanyDirectoryTable,
  CompanyTable,
  LegacyLinkTable,
  LegacyLoginTable,
  MembershipTable,
  MembershipVoteTable,
  PowerFileTable,
  PowerOfAttorneyTable,
  RegistrationTable,
} from './rows/company-tables';
import type { AccountHoldTable, AccountSessionTable, SessionClientTable } from './rows/account-tables';
import type {
  ClientConsentTable,
  ClientTable,
  RegistrationTokenTable,
  ResourceTable,
} from './rows/client-tables';
import type { CreatedAt } from './rows/columns';
import type {
  AccountClosingTable,
  ActivationCodeTable,
  ActivationUseTable,
  ConsentTable,
  ContractTable,
  DocumentTable,
} from './rows/consent-tables';

export interface AccountTable {
  id: string;
  status: 'active' | 'blocked';
  familyName: string;
  givenName: string;
  middleName: string | null;
  locale: string;
  passwordHash: string | null;
  passwordChangedAt: Date | null;
  blockReason: string | null;
  blockedAt: Date | null;
  /** Sessions that began before this moment are over. */
  sessionsValidAfter: Date;
  /** Of the list of the registration path; null: the path has none, or an operator made the account. */
  customerKind: Generated<string | null>;
  /** ИНН of a person who speaks for nobody else. */
  customerInn: Generated<string | null>;
  /** ОГРН, of kinds of customers that have one. */
  customerOgrn: Generated<string | null>;
  version: Generated<number>;
  createdAt: CreatedAt;
  updatedAt: Date;
}

export interface IdentifierTable {
  id: string;
  accountId: string;
  kind: 'email' | 'phone' | 'login';
  /** As shown to people. */
  value: string;
  /** As compared. Unique among proved identifiers; an unproved one reserves nothing. */
  canonical: string;
  provedAt: Date | null;
  createdAt: CreatedAt;
  /** Of phones, as they were when they were given; null of other names, and of those given before this was kept. */
  phoneType: Generated<'mobile' | 'landline' | 'voip' | 'other' | null>;
  phoneCountry: Generated<string | null>;
}

/** What a person has let a third party know. */
export interface AuthorizationTypeTable {
  type: string;
  /** The API that understands it. */
  resourceUri: string;
  /** Its fields and their words: DetailsDefinition of clients/authorization-types. */
  definition: ColumnType<unknown, string, string>;
  createdAt: CreatedAt;
}

export interface SigningKeyTable {
  kid: string;
  alg: 'ES256' | 'RS256' | 'EdDSA';
  state: 'next' | 'current' | 'previous' | 'retired' | 'revoked';
  publicJwk: JSONColumnType<Record<string, unknown>>;
  privateSealed: string | null;
  createdAt: CreatedAt;
  stateSince: Date;
  /** Why it was revoked. */
  reason: Generated<string | null>;
}

/** The master keys of SECRET_KEY by their short names, and when each was the newest. */
export interface SecretKeyTable {
  id: string;
  newestFrom: Date;
  /** As far as is known; goes on while it is the newest. */
  newestUntil: Date;
}

export interface GrantTable {
  /** Fingerprint of the grant's identifier. */
  id: string;
  accountId: string;
  clientId: string;
  payload: string;
  expiresAt: Date;
  createdAt: CreatedAt;
  /** The session it was given in. */
  sessionUid: Generated<string | null>;
  /** What it was given for, in the words of OAuth: scopes with spaces between them. */
  scope: Generated<string>;
  /** The company that the person acts for. */
  companyId: Generated<string | null>;
  /** The grant that it was exchanged from, and ends with. */
  parentId: Generated<string | null>;
}

export interface RefreshTokenTable {
  /** Fingerprint of the token's identifier. */
  id: string;
  /** Fingerprint of the grant's identifier. No foreign key: see provider/adapters/refresh-tokens.ts. */
  grantId: string;
  accountId: string;
  clientId: string;
  /** Of one that an earlier release stored. */
  payload: string | null;
  consumedAt: Date | null;
  expiresAt: Date;
  createdAt: CreatedAt;
}

export interface EphemeralTable {
  key: string;
  /** JSON text, so that a value may hold what jsonb refuses (U+0000). */
  value: string;
  spent: Generated<boolean>;
  expiresAt: Date;
}

export interface EphemeralCounterTable {
  key: string;
  count: number;
  expiresAt: Date;
}

export interface SingleUseTokenTable {
  id: string;
  purpose: string;
  /** Fingerprint of a link's token, or keyed hash of a short code. */
  hash: string;
  accountId: string | null;
  payload: JSONColumnType<Record<string, unknown>>;
  attemptsLeft: number;
  expiresAt: Date;
  consumedAt: Date | null;
  createdAt: CreatedAt;
}

export interface LogoutFacts {
  accountId: string;
  clientId: string;
  /** How the relying party calls the session; null where its ID tokens do not name it. */
  sid: string | null;
}

export interface OutboxTable {
  id: string;
  channel: 'email' | 'sms' | 'logout';
  /** Name of the template under views/messages/<channel>/; `logout` for a notice to a relying party. */
  template: string;
  locale: string;
  /** Address and template values, sealed; emptied once sent in production. */
  sealed: string | null;
  status: 'waiting' | 'sent' | 'dead';
  attempts: Generated<number>;
  nextAttemptAt: Date;
  leasedUntil: Date | null;
  lastError: string | null;
  createdAt: CreatedAt;
  sentAt: Date | null;
  /** Whose message it is; null where nobody has an account yet. */
  accountId: Generated<string | null>;
  /** To whom, with most of it hidden. */
  maskedTo: Generated<string | null>;
  /** What a notice to a relying party is about. */
  facts: ColumnType<LogoutFacts | null, string | undefined, never>;
}

export interface MutedMessageTable {
  accountId: string;
  /** Of the list in notifications/categories.ts. */
  category: string;
  channel: 'email' | 'sms';
  since: Date;
}

export interface AuditTable {
  /** Order of insertion; gaps are possible. */
  id: Generated<string>;
  at: Date;
  event: string;
  /** Who did it: `account:<id>`, `operator:<name>`, `client:<id>`, `system`, `anonymous`. */
  actor: string;
  /** To whom or what: `account:<id>`, `client:<id>`, `key:<kid>`; null when there is none. */
  subject: string | null;
  clientId: string | null;
  address: string | null;
  requestId: string | null;
  details: JSONColumnType<Record<string, unknown>>;
  /** Place in the chain; null until the chain has reached this row. */
  seq: string | null;
  hash: string | null;
}

/** The one row that says how far the audit chain reaches. */
export interface AuditHeadTable {
  singleton: Generated<boolean>;
  seq: string;
  hash: string;
}

export interface Tables {
  registrations: RegistrationTable;
  consents: ConsentTable;
  documents: DocumentTable;
  accountClosings: AccountClosingTable;
  contracts: ContractTable;
  activationCodes: ActivationCodeTable;
  activationUses: ActivationUseTable;
  companies: CompanyTable;
  memberships: MembershipTable;
  membershipVotes: MembershipVoteTable;
  powersOfAttorney: PowerOfAttorneyTable;
  powerFiles: PowerFileTable;
  legacyLogins: LegacyLoginTable;
  legacyLinks: LegacyLinkTable;
  accounts: AccountTable;
  accountSessions: AccountSessionTable;
  accountHolds: AccountHoldTable;
  registrationTokens: RegistrationTokenTable;
  clientConsents: ClientConsentTable;
  sessionClients: SessionClientTable;
  identifiers: IdentifierTable;
  clients: ClientTable;
  resources: ResourceTable;
  authorizationTypes: AuthorizationTypeTable;
  signingKeys: SigningKeyTable;
  secretKeys: SecretKeyTable;
  grants: GrantTable;
  refreshTokens: RefreshTokenTable;
  ephemeral: EphemeralTable;
  ephemeralCounters: EphemeralCounterTable;
  singleUseTokens: SingleUseTokenTable;
  outbox: OutboxTable;
  mutedMessages: MutedMessageTable;
  audit: AuditTable;
  auditHead: AuditHeadTable;
  companyDirectory: CompanyDirectoryTable;
}

export type Database = Kysely<Tables>;
/** A query runs on the pool or inside a transaction; stores take either. */
export type Queryable = Database | Transaction<Tables>;
export type Row<Table extends keyof Tables> = Selectable<Tables[Table]>;
