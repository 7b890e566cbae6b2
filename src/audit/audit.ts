/**
 * The audit trail: a closed list of what happens to accounts, relying parties and keys, each event written in
 * the transaction that does it, and a keyed hash chain over the rows. It owns the tables `audit` and
 * `audit_head`. It decides nothing, sends nothing, and is not the log of requests.
 *
 * Rows are written unlinked and linked about a second later (chain.ts): a chain inside the writing transaction
 * would put every sign-in of every node behind one lock.
 *
 * What the chain proves. Each link is an HMAC under a key derived from SECRET_KEY over the link before it and
 * everything the row says. Somebody who can write the database but does not have SECRET_KEY
 * - cannot change, delete, move, duplicate or slip in a linked row unseen: `verifyChain` names the first
 *   broken place. Cutting rows off the end is seen too, because `audit_head` says where the chain ends;
 * - can alter or delete a row that is not linked yet (about a second, or as long as no node runs), and can
 *   insert a row of his own, which is then linked like any other: the chain proves that rows have not changed
 *   since they were linked, not who wrote them;
 * - can put rows and `audit_head` together back to an earlier state, as an old backup would, or unlink the
 *   newest rows so that they are linked again with other content. The database alone cannot show that.
 *   Keep the head that `verifyChain` gives somewhere else and hand it to the next `verifyChain`: it must still
 *   lie on the chain.
 * Somebody who has SECRET_KEY as well can write any history that goes through none of the heads kept elsewhere.
 */

/** Every event, with what it means. */
export const AUDIT_EVENTS = {
  sign_in_succeeded: 'a person proved who they are',
  sign_in_failed: 'a sign-in with a wrong password, or for a name that may not sign in',
  sign_in_limited: 'a sign-in refused unchecked, because a limit was reached',
  sign_out: 'a person ended a session',
  sessions_ended: 'all sessions of an account were ended at once',
  session_ended: 'a person ended one of their sessions from another',
  access_revoked: 'a person ended what a relying party could see of them',
  name_changed: 'a person changed their name',
  email_change_asked: 'a person asked to change their e-mail; the new one is not proved yet',
  data_exported: 'a person downloaded everything that is kept about them',
  account_held: 'an operator put a legal hold on an account: its data must not be destroyed',
  account_released: 'an operator lifted the legal hold of an account',
  account_destroyed: 'the personal data of an account were destroyed',
  account_created: 'an account was made',
  account_blocked: 'an account may no longer sign in',
  account_unblocked: 'a blocked account may sign in again',
  link_sent: 'an operator had a link to set a password sent',
  recovery_started: 'somebody asked to recover access; without a subject nobody has that name',
  recovery_code_failed: 'a code of a recovery did not fit, or no further one was looked at',
  phone_changed: 'an account got another phone, or lost the one it had',
  login_changed: 'an account got another login name, or lost the one it had',
  email_changed: 'an account got another e-mail address',
  email_proved: 'a person showed that an e-mail address is theirs',
  password_set: 'an account got a new password',
  registration_submitted: 'a person sent a registration in and got a mail to prove the address',
  membership_requested: 'a person asked to be a member of a company',
  membership_approved: 'an asked-for membership was approved',
  membership_declined: 'an asked-for membership was declined',
  membership_voted: 'somebody said yes to an asked-for membership that needs several to do so',
  membership_questioned: 'a reviewer asked a person about their application',
  membership_answered: 'a person answered a question about their application',
  membership_expired: 'nobody decided an asked-for membership in time',
  membership_rights_changed: 'a member may act for the company, or until another day, or no longer',
  contact_appointed: 'a member became a contact person of the company',
  contact_dismissed: 'a contact person of a company became a plain member',
  power_attached: 'a person attached a power of attorney to an application or a registration',
  power_removed: 'a person took a power of attorney back before it was decided about',
  power_accepted: 'an attached power of attorney was accepted',
  power_refused: 'an attached power of attorney was refused',
  membership_added: 'a person was made a member of a company',
  membership_suspended: 'a membership rests; the person stands for the company no longer, for now',
  membership_restored: 'a suspended membership holds again',
  membership_revoked: 'a membership was ended',
  membership_left: 'a person took a company off their own list',
  default_company_chosen: 'a person said which company they usually act for',
  company_code_sent: "a person had a code sent to a company's own address",
  company_code_failed: "a code from a company's mail did not fit, or no further one was looked at",
  company_email_changed: 'an operator said where a company itself is written to',
  client_created: 'a relying party was registered',
  client_registered: 'software registered itself as a relying party',
  registration_token_created: 'an operator made a token by which software registers itself',
  registration_token_revoked: 'an operator revoked a token by which software registers itself',
  access_allowed: 'a person let a relying party know what it asked for',
  client_updated: 'the registration of a relying party was changed',
  client_deleted: 'a relying party was removed',
  client_imported: 'a relying party was registered or changed from a file',
  client_secret_rotated: 'a relying party got a new secret',
  client_pkce_exempted: 'a relying party may leave out PKCE, or may no longer',
  resource_created: 'an operator registered an API that tokens are issued for',
  resource_updated: 'an operator changed an API',
  authorization_type_created: 'an operator registered a type of authorization details of an API',
  authorization_type_deleted: 'an operator removed a type of authorization details',
  token_exchanged: 'a relying party exchanged an access token for one of another API',
  token_exchange_refused: 'a relying party tried to exchange an access token that was not meant for it',
  resource_deleted: 'an operator removed an API; no token is issued for it any more',
  key_created: 'a signing key was made',
  key_rotated: 'another signing key became the current one',
  key_retired: 'signing keys were taken out of use long after their last signature',
  key_revoked: 'a signing key was withdrawn',
  token_reuse_detected: 'a spent refresh token came again; its grant was revoked',
  code_reuse_detected: 'a spent authorization code came again; its grant was revoked',
  message_dead: 'a message was given up',
  message_retried: 'an operator had a message sent again',
  companies_imported: 'an operator filled the local directory of companies from a file',
  legacy_logins_imported: 'an operator imported logins of an older portal from a file',
  legacy_check_failed: 'a wrong password for a login of an older portal',
  legacy_check_limited:
    'passwords of logins of an older portal were tried too often from an address, registration or at a login',
  legacy_link_requested: 'a person said which login of an older portal is theirs',
  legacy_link_confirmed: "a login of an older portal was found to be the person's",
  legacy_link_declined: "a login of an older portal was found not to be the person's, or no longer",
  document_published: 'an operator published a version of a document that people agree to',
  consent_given: 'a person agreed to a version of a document',
  consent_withdrawn: 'a person took a consent back',
  account_closing_began: 'the data of an account must be destroyed by a day',
  account_closing_undone: 'the person agreed again; the account stays',
  contracts_imported: 'an operator brought in contracts from a file',
  contract_added: 'a person added a contract to their account with an activation code',
  contract_released: 'an operator took a contract out of the account that held it',
  contract_ended: 'a contract came to its end',
  activation_codes_issued: 'an operator issued codes for a company or a contract',
  activation_code_revoked: 'an operator revoked an activation code',
  schema_migrated: 'the database was brought to a newer version',
} as const;

export type AuditEvent = keyof typeof AUDIT_EVENTS;

export type AuditDetail = string | number | boolean | null | readonly string[];

export interface AuditEntry {
  event: AuditEvent;
  /** Who did it: `account:<id>`, `operator:<name>`, `client:<id>`, `system`. */
  actor: string;
  /** To whom or what: `account:<id>`, `client:<id>`, `key:<kid>`, `message:<id>`. */
  subject?: string;
  clientId?: string;
  /** The client's network address. */
  address?: string;
  requestId?: string;
  /** A few small facts; never a password, code, token or cookie. Long ones are cut. */
  details?: Readonly<Record<string, AuditDetail>>;
}

const MAX_TEXT = 300;
const MAX_ITEMS = 20;

/**
 * `text` as Postgres can keep it, at most 300 UTF-16 units long. U+0000 is refused in any text and a lone
 * surrogate in jsonb; either would undo the whole transaction.
 */
export function storableText(text: string): string {
  return text
    .slice(0, MAX_TEXT)
    .replaceAll('\0', '\uFFFD')
    .replace(/\p{Cs}/gu, '\uFFFD');
}

function storableDetail(detail: AuditDetail): AuditDetail {
  if (typeof detail === 'string') return storableText(detail);
  if (typeof detail === 'object' && detail !== null) return detail.slice(0, MAX_ITEMS).map(storableText);
  return detail;
}

/** `details` with at most 20 facts of bounded size, fit for jsonb. */
export function storableDetails(details: Readonly<Record<string, AuditDetail>>): Record<string, AuditDetail> {
  const kept = Object.entries(details).slice(0, MAX_ITEMS);
  return Object.fromEntries(kept.map(([name, detail]) => [storableText(name), storableDetail(detail)]));
}
