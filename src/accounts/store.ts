/** Every query of accounts and identifiers. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Queryable } from '../storage/tables';
import type { Account, AccountProfile, CustomerFacts, Identifier, PersonName } from './account';
import type { EmailAddress } from './email-address';
import { tellSignedOut } from './sessions/participants';
import { phoneFacts } from './phone-number';

function profiles(db: Queryable) {
  return db
    .selectFrom('accounts')
    .leftJoin('identifiers as mail', (join) =>
      join.onRef('mail.accountId', '=', 'accounts.id').on('mail.kind', '=', 'email'),
    )
    .leftJoin('identifiers as mobile', (join) =>
      join.onRef('mobile.accountId', '=', 'accounts.id').on('mobile.kind', '=', 'phone'),
    )
    .leftJoin('identifiers as own', (join) =>
      join.onRef('own.accountId', '=', 'accounts.id').on('own.kind', '=', 'login'),
    )
    .selectAll('accounts')
    .select([
      'mail.value as email',
      sql<boolean>`mail.proved_at is not null`.as('emailProved'),
      'mobile.value as phone',
      sql<boolean>`mobile.proved_at is not null`.as('phoneProved'),
      'own.value as login',
    ]);
}

export async function findProfile(db: Queryable, id: string): Promise<AccountProfile | undefined> {
  if (!isUuid(id)) return undefined;
  return profiles(db).where('accounts.id', '=', id).executeTakeFirst();
}

/** The account that has proved this name; an unproved name finds nobody. */
export async function findAccountByIdentifier(
  db: Queryable,
  canonical: string,
): Promise<Account | undefined> {
  return db
    .selectFrom('accounts')
    .innerJoin('identifiers', 'identifiers.accountId', 'accounts.id')
    .selectAll('accounts')
    .where('identifiers.canonical', '=', canonical)
    .where('identifiers.provedAt', 'is not', null)
    .executeTakeFirst();
}

/** The account of a proved name with what is known of the person, in one query. */
export async function findProfileByIdentifier(
  db: Queryable,
  canonical: string,
): Promise<AccountProfile | undefined> {
  return profiles(db)
    .innerJoin('identifiers as proved', 'proved.accountId', 'accounts.id')
    .where('proved.canonical', '=', canonical)
    .where('proved.provedAt', 'is not', null)
    .executeTakeFirst();
}

/** Accounts by an e-mail, proved or not: for operators, who must find what they just created. */
export async function listProfilesByEmail(db: Queryable, canonical: string): Promise<AccountProfile[]> {
  return profiles(db).where('mail.canonical', '=', canonical).orderBy('accounts.createdAt').execute();
}

export interface AccountPage {
  status?: Account['status'];
  /** Part of a name or e-mail. */
  search?: string;
  /** Continue after this account. */
  after?: Account;
  limit: number;
}

export async function listProfiles(db: Queryable, page: AccountPage): Promise<AccountProfile[]> {
  let query = profiles(db).orderBy('accounts.createdAt').orderBy('accounts.id').limit(page.limit);
  if (page.status) query = query.where('accounts.status', '=', page.status);
  if (page.search) {
    const like = `%${page.search.replace(/[\\%_]/g, '\\$&')}%`;
    query = query.where((where) =>
      where.or([
        where('accounts.familyName', 'ilike', like),
        where('accounts.givenName', 'ilike', like),
        where('mail.value', 'ilike', like),
      ]),
    );
  }
  if (page.after) {
    const { createdAt, id } = page.after;
    query = query.where(sql<boolean>`(accounts.created_at, accounts.id) > (${createdAt}, ${id})`);
  }
  return query.execute();
}

/** Makes every other transaction that changes this account in earnest wait for the end of this one. */
export async function lockAccount(trx: Queryable, id: string): Promise<void> {
  await trx.selectFrom('accounts').select('id').where('id', '=', id).forUpdate().execute();
}

export async function insertAccount(
  db: Queryable,
  person: PersonName & { locale: string } & Partial<CustomerFacts>,
  at: Date,
): Promise<Account> {
  return db
    .insertInto('accounts')
    .values({
      id: randomUUID(),
      status: 'active',
      familyName: person.familyName,
      givenName: person.givenName,
      middleName: person.middleName,
      locale: person.locale,
      customerKind: person.customerKind ?? null,
      customerInn: person.customerInn ?? null,
      customerOgrn: person.customerOgrn ?? null,
      passwordHash: null,
      passwordChangedAt: null,
      blockReason: null,
      blockedAt: null,
      sessionsValidAfter: at,
      createdAt: at,
      updatedAt: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function insertIdentifier(
  db: Queryable,
  identifier: Pick<Identifier, 'accountId' | 'kind' | 'value' | 'canonical' | 'provedAt'>,
): Promise<void> {
  await db
    .insertInto('identifiers')
    .values({
      id: randomUUID(),
      ...identifier,
      ...(identifier.kind === 'phone' && phoneFacts(identifier.value)),
    })
    .execute();
}

/** Replaces the account's e-mail by an unproved one. */
export async function replaceEmail(db: Queryable, accountId: string, email: EmailAddress): Promise<void> {
  await db.deleteFrom('identifiers').where('accountId', '=', accountId).where('kind', '=', 'email').execute();
  await insertIdentifier(db, { accountId, kind: 'email', ...email, provedAt: null });
}

/** Gives the account this phone or login name instead of the one it had; null takes it away. */
export async function replaceIdentifier(
  db: Queryable,
  accountId: string,
  kind: 'phone' | 'login',
  name: Pick<Identifier, 'value' | 'canonical' | 'provedAt'> | null,
): Promise<void> {
  await db.deleteFrom('identifiers').where('accountId', '=', accountId).where('kind', '=', kind).execute();
  if (name) await insertIdentifier(db, { accountId, kind, ...name });
}

/** Where the person can be told of something: the e-mails and phones they have proved. */
export async function listProvedAddresses(
  db: Queryable,
  accountId: string,
): Promise<Pick<Identifier, 'kind' | 'value' | 'canonical'>[]> {
  return db
    .selectFrom('identifiers')
    .select(['kind', 'value', 'canonical'])
    .where('accountId', '=', accountId)
    .where('kind', 'in', ['email', 'phone'])
    .where('provedAt', 'is not', null)
    .orderBy('kind')
    .execute();
}

/** Marks an address as proved. Fails on `identifiers_proved` when another account has proved it first. */
export async function proveEmail(
  db: Queryable,
  accountId: string,
  canonical: string,
  at: Date,
): Promise<boolean> {
  const result = await db
    .updateTable('identifiers')
    .set({ provedAt: at })
    .where('accountId', '=', accountId)
    .where('kind', '=', 'email')
    .where('canonical', '=', canonical)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

export async function updatePassword(
  db: Queryable,
  accountId: string,
  passwordHash: string,
  at: Date,
): Promise<void> {
  await db
    .updateTable('accounts')
    .set((set) => ({ passwordHash, passwordChangedAt: at, updatedAt: at, version: set('version', '+', 1) }))
    .where('id', '=', accountId)
    .execute();
}

export async function updateName(
  db: Queryable,
  accountId: string,
  name: PersonName,
  at: Date,
): Promise<void> {
  const { familyName, givenName, middleName } = name;
  await db
    .updateTable('accounts')
    .set((set) => ({ familyName, givenName, middleName, updatedAt: at, version: set('version', '+', 1) }))
    .where('id', '=', accountId)
    .execute();
}

/** Replaces only the hash of the same password by a stronger one, unless the password changed meanwhile. */
export async function strengthenHash(
  db: Queryable,
  accountId: string,
  from: string,
  to: string,
): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ passwordHash: to })
    .where('id', '=', accountId)
    .where('passwordHash', '=', from)
    .execute();
}

/** Blocks or unblocks; undefined when the account is in that state already. */
export async function updateStatus(
  db: Queryable,
  accountId: string,
  change: { status: Account['status']; reason: string | null },
  at: Date,
): Promise<Account | undefined> {
  const blocked = change.status === 'blocked';
  return db
    .updateTable('accounts')
    .set((set) => ({
      status: change.status,
      blockReason: blocked ? change.reason : null,
      blockedAt: blocked ? at : null,
      updatedAt: at,
      version: set('version', '+', 1),
    }))
    .where('id', '=', accountId)
    .where('status', '!=', change.status)
    .returningAll()
    .executeTakeFirst();
}

/** Ends every sign-in and token of an account: sessions by the line in time, grants and refresh tokens by deletion. */
export async function endSessions(db: Queryable, accountId: string, at: Date): Promise<void> {
  // Protocol times are whole seconds: the line stands at the next one, so that nothing of this second outlives it.
  const line = new Date((Math.floor(at.getTime() / 1000) + 1) * 1000);
  await db.updateTable('accounts').set({ sessionsValidAfter: line }).where('id', '=', accountId).execute();
  await db.deleteFrom('refreshTokens').where('accountId', '=', accountId).execute();
  await db.deleteFrom('grants').where('accountId', '=', accountId).execute();
  await tellSignedOut(db, { accountId }, at);
}

/** Ids in their own order, a page at a time. */
export async function listAccountIds(
  db: Queryable,
  { after, limit }: { after?: string; limit: number },
): Promise<string[]> {
  let query = db.selectFrom('accounts').select('id').orderBy('id').limit(limit);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.execute()).map(({ id }) => id);
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
