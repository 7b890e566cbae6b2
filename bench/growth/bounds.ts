/** What keeps each table from growing without end. A table that is not here has not been thought about. */

/**
 * `sweep`: deleted when its time is over. `people`: as many as there are people, companies and what they decided; goes
 * with the account. `operators`: what operators make, by hand or from files. `ever`: never deleted.
 */
export type Bound = 'sweep' | 'people' | 'operators' | 'ever';

export const BOUNDS: Record<string, readonly [bound: Bound, what: string]> = {
  account_sessions: ['sweep', 'sign-ins of SESSION_DAYS without a visit, at most SESSION_LIMIT_DAYS; a day'],
  session_clients: ['sweep', 'with account_sessions'],
  grants: ['sweep', 'sign-ins of REFRESH_TOKEN_DAYS and a week'],
  refresh_tokens: ['sweep', 'refreshes by sign-ins of REFRESH_TOKEN_DAYS'],
  registrations: ['sweep', 'registrations of the days one may take'],
  single_use_tokens: ['sweep', 'links and codes of ten days'],
  outbox: ['sweep', 'messages of 90 days; given up: of 180'],
  ephemeral: ['sweep', 'what lives now; only without Redis'],
  ephemeral_counters: ['sweep', 'attempts of 15 minutes; only without Redis'],
  powers_of_attorney: ['sweep', 'a month after the membership has ended; of members: people'],
  power_files: ['sweep', 'with powers_of_attorney'],
  accounts: ['people', ''],
  identifiers: ['people', 'at most three a person'],
  memberships: ['people', 'what was declined or ended stays as history'],
  membership_votes: ['people', 'with memberships'],
  companies: ['people', ''],
  consents: ['people', 'each yes and no; with the account'],
  client_consents: ['people', 'one a person and third party'],
  muted_messages: ['people', 'one a person and kind'],
  account_closings: ['people', 'proof of what was destroyed'],
  account_holds: ['people', ''],
  legacy_links: ['people', ''],
  activation_uses: ['people', ''],
  contracts: ['people', ''],
  activation_codes: ['operators', ''],
  company_directory: ['operators', 'as many as the files name'],
  legacy_logins: ['operators', 'as many as the files name'],
  clients: ['operators', 'registered by operators, or by their tokens'],
  registration_tokens: ['operators', ''],
  resources: ['operators', ''],
  authorization_types: ['operators', ''],
  documents: ['operators', 'each version'],
  signing_keys: ['operators', 'a few a rotation'],
  secret_keys: ['operators', 'one a SECRET_KEY'],
  audit: ['ever', 'each row is a link of the chain'],
  audit_head: ['ever', 'one row'],
  kysely_migration: ['ever', 'one a migration'],
  kysely_migration_lock: ['ever', 'one row'],
};
