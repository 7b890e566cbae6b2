/** What a sign-in asks of accounts: every query. */
import type { Account } from '../accounts/account';
import type { AuditEntry } from '../audit/audit';
import { auditRow } from '../audit/store';
import type { Statements } from '../storage/statements';

/** What a sign-in asks of an account. */
export type SignInAccount = Pick<
  Account,
  'id' | 'status' | 'passwordHash' | 'blockReason' | 'sessionsValidAfter'
>;

const OF_NAME = `
  select a.id, a.status, a.password_hash as "passwordHash", a.block_reason as "blockReason",
    a.sessions_valid_after as "sessionsValidAfter"
  from identifiers i join accounts a on a.id = i.account_id where i.canonical = $1 and i.proved_at is not null`;

const FIND = { name: 'sign_in_account', text: OF_NAME };

/** $2 account, $3 hash; then the row of the audit. */
const ADMIT = {
  name: 'admitted_account',
  text: `
  with current as (${OF_NAME}), noted as (
    insert into audit (at, event, actor, subject, client_id, address, request_id, details)
    select $4::timestamptz, $5, $6, $7, $8, $9, $10, $11::jsonb from current
    where id = $2 and "passwordHash" = $3 and status <> 'blocked'
  )
  select * from current`,
};

/** The account of a proved name. @throws Refusal store_unavailable */
export const findSignInAccount = (statements: Statements, canonical: string) =>
  statements.first<SignInAccount>(FIND, [canonical]);

/**
 * The account of the name as it is now. Where it is the one whose password was right, with the same password and not blocked,
 * `entry` goes into the audit with it.
 * @throws Refusal store_unavailable
 */
export function admitAccount(
  statements: Statements,
  canonical: string,
  checked: SignInAccount,
  entry: AuditEntry,
  now: Date,
): Promise<SignInAccount | undefined> {
  const { at, event, actor, subject, clientId, address, requestId, details } = auditRow(entry, now);
  return statements.changed<SignInAccount>(ADMIT, [
    ...[canonical, checked.id, checked.passwordHash],
    ...[at, event, actor, subject, clientId, address, requestId, details],
  ]);
}
