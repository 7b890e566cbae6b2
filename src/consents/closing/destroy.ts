/**
 * Destroying the personal data of accounts whose day has come, whatever began the closing. The row of the account goes,
 * and with it by cascade everything that names the person; a power of attorney becomes nobody's and is swept with its
 * files. What stays: the audit trail, which names an account by its id only, with the event of the destruction, and the
 * row of the closing, of which the act is made (order of Roskomnadzor № 179 of 28.10.2022).
 */
import { sql } from 'kysely';
import { tellSignedOut } from '../../accounts/sessions/participants';
import { lockAccount } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import type { Clock } from '../../clock';
import type { Database, Queryable } from '../../storage/tables';
import type { AccountClosing } from '../store';
import { findDueClosing, markDestroyed } from './store';

/** Of a closing that only has a deadline: so much before it, lest a night of trouble be too late. */
const MARGIN_SECONDS = 2 * 86_400;

/** What a person's account may hold, by kind; the act names those of which there was something. */
const KINDS = {
  identifiers: 'identifiers',
  memberships: 'memberships',
  consents: 'consents',
  sessions: 'account_sessions',
  grants: 'grants',
  refresh_tokens: 'refresh_tokens',
  allowed_access: 'client_consents',
  older_portal_logins: 'legacy_links',
  registrations: 'registrations',
  contracts: 'contracts',
} as const;

/** Destroys what is due; gives the number of accounts. Any number of nodes may run it at once. */
export async function destroyDueAccounts({ db, clock }: { db: Database; clock: Clock }): Promise<number> {
  for (let destroyed = 0; ;) {
    const closing = await findDueClosing(db, clock.now(), MARGIN_SECONDS);
    if (!closing) return destroyed;
    if (await destroy(db, closing, clock.now())) destroyed += 1;
  }
}

/** False when it was undone, or another node was faster. */
async function destroy(db: Database, closing: AccountClosing, at: Date): Promise<boolean> {
  const { id, accountId, reason, askedAt } = closing;
  return db.transaction().execute(async (trx) => {
    await lockAccount(trx, accountId);
    const categories = ['profile', ...(await heldKinds(trx, accountId))];
    if (!(await markDestroyed(trx, id, categories, at))) return false;
    await releaseContracts(trx, accountId, at);
    await tellSignedOut(trx, { accountId }, at);
    await trx.deleteFrom('accounts').where('id', '=', accountId).execute();
    const details = { categories, reason, asked_at: askedAt.toISOString() };
    const subject = `account:${accountId}`;
    await recordEvent(trx, { event: 'account_destroyed', actor: 'system', subject, details }, at);
    return true;
  });
}

async function heldKinds(trx: Queryable, accountId: string): Promise<string[]> {
  const held: string[] = [];
  for (const [kind, table] of Object.entries(KINDS)) {
    const { rows } = await sql<{ some: boolean }>`
      select exists (select 1 from ${sql.table(table)} where account_id = ${accountId}) as some`.execute(trx);
    if (rows[0]?.some) held.push(kind);
  }
  return held;
}

/** A contract is the company's; it can be added to another account then. */
async function releaseContracts(trx: Queryable, accountId: string, at: Date): Promise<void> {
  await trx
    .updateTable('contracts')
    .set({ accountId: null, heldSince: null, updatedAt: at })
    .where('accountId', '=', accountId)
    .execute();
}
