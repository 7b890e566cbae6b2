/** Every query of imported logins and of links to them. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Queryable } from '../storage/tables';
import { loginKey, type LegacyLink, type LegacyLinkStatus, type LegacyLogin } from './legacy-account';

/** Two people at one login wait for each other until the transaction ends. */
export async function lockLogin(trx: Queryable, portal: string, key: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`legacy:${portal}:${key}`}, 0))`.execute(trx);
}

/** True when another account has this login confirmed. */
export async function isTaken(
  db: Queryable,
  { portal, loginKey: key, accountId }: Pick<LegacyLink, 'portal' | 'loginKey' | 'accountId'>,
): Promise<boolean> {
  const found = await db
    .selectFrom('legacyLinks')
    .select('id')
    .where('portal', '=', portal)
    .where('loginKey', '=', key)
    .where('status', '=', 'confirmed')
    .where('accountId', '!=', accountId)
    .executeTakeFirst();
  return found !== undefined;
}

/** The account's own link that is requested or confirmed; a declined one may be asked for anew. */
export async function findStandingLink(
  db: Queryable,
  { portal, loginKey: key, accountId }: Pick<LegacyLink, 'portal' | 'loginKey' | 'accountId'>,
): Promise<LegacyLink | undefined> {
  return db
    .selectFrom('legacyLinks')
    .selectAll()
    .where('accountId', '=', accountId)
    .where('portal', '=', portal)
    .where('loginKey', '=', key)
    .where('status', 'in', ['requested', 'confirmed'])
    .executeTakeFirst();
}

export async function insertLink(
  db: Queryable,
  link: Pick<LegacyLink, 'accountId' | 'portal' | 'login'>,
  at: Date,
): Promise<LegacyLink> {
  return db
    .insertInto('legacyLinks')
    .values({
      id: randomUUID(),
      ...link,
      loginKey: loginKey(link.login),
      status: 'requested',
      confirmedBy: null,
      requestedAt: at,
      decidedAt: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Decides a link that stands in one of `from`; undefined when it does not any more. */
export async function updateLink(
  db: Queryable,
  id: string,
  from: readonly LegacyLinkStatus[],
  decision: Pick<LegacyLink, 'status' | 'confirmedBy'>,
  at: Date,
): Promise<LegacyLink | undefined> {
  return db
    .updateTable('legacyLinks')
    .set({ ...decision, decidedAt: at })
    .where('id', '=', id)
    .where('status', 'in', from)
    .returningAll()
    .executeTakeFirst();
}

export async function findLegacyLink(db: Queryable, id: string): Promise<LegacyLink | undefined> {
  return db.selectFrom('legacyLinks').selectAll().where('id', '=', id).executeTakeFirst();
}

/** All links of one account, oldest first. */
export async function listLegacyLinks(db: Queryable, accountId: string): Promise<LegacyLink[]> {
  return db
    .selectFrom('legacyLinks')
    .selectAll()
    .where('accountId', '=', accountId)
    .orderBy('requestedAt')
    .orderBy('id')
    .execute();
}

export interface LegacyLinkPage {
  status?: LegacyLinkStatus;
  /** Continue after this link. */
  after?: LegacyLink;
  limit: number;
}

/** A link with the name of whoever claims it. */
export type LegacyLinkView = LegacyLink & {
  familyName: string;
  givenName: string;
  middleName: string | null;
};

/** Oldest first. */
export async function listLegacyLinkPage(db: Queryable, page: LegacyLinkPage): Promise<LegacyLinkView[]> {
  let query = db
    .selectFrom('legacyLinks')
    .innerJoin('accounts', 'accounts.id', 'legacyLinks.accountId')
    .selectAll('legacyLinks')
    .select(['accounts.familyName', 'accounts.givenName', 'accounts.middleName']);
  if (page.status) query = query.where('legacyLinks.status', '=', page.status);
  if (page.after) {
    const { requestedAt, id } = page.after;
    query = query.where(sql<boolean>`(legacy_links.requested_at, legacy_links.id) > (${requestedAt}, ${id})`);
  }
  return query.orderBy('legacyLinks.requestedAt').orderBy('legacyLinks.id').limit(page.limit).execute();
}

/** What relying parties are told: confirmed logins only. */
export async function listConfirmedLogins(
  db: Queryable,
  accountId: string,
): Promise<Pick<LegacyLink, 'portal' | 'login'>[]> {
  return db
    .selectFrom('legacyLinks')
    .select(['portal', 'login'])
    .where('accountId', '=', accountId)
    .where('status', '=', 'confirmed')
    .orderBy('portal')
    .orderBy('loginKey')
    .execute();
}

export async function findLegacyLogin(
  db: Queryable,
  portal: string,
  key: string,
): Promise<LegacyLogin | undefined> {
  return db
    .selectFrom('legacyLogins')
    .selectAll()
    .where('portal', '=', portal)
    .where('loginKey', '=', key)
    .executeTakeFirst();
}

/** One hash that begins like this; undefined when none was imported. */
export async function findHashLike(
  db: Queryable,
  portal: string,
  start: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('legacyLogins')
    .select('hash')
    .where('portal', '=', portal)
    .where('hash', 'like', `${start}%`)
    .limit(1)
    .executeTakeFirst();
  return row?.hash;
}

export type NewLegacyLogin = Pick<LegacyLogin, 'login' | 'hash'>;

/** Stores logins, replacing the hashes of those that are known. Gives how many were new. */
export async function upsertLegacyLogins(
  db: Queryable,
  portal: string,
  logins: readonly NewLegacyLogin[],
  at: Date,
): Promise<number> {
  if (logins.length === 0) return 0;
  const rows = await db
    .insertInto('legacyLogins')
    .values(
      logins.map(({ login, hash }) => ({ portal, loginKey: loginKey(login), login, hash, importedAt: at })),
    )
    .onConflict((conflict) =>
      conflict.columns(['portal', 'loginKey']).doUpdateSet((set) => ({
        login: set.ref('excluded.login'),
        hash: set.ref('excluded.hash'),
        importedAt: set.ref('excluded.importedAt'),
      })),
    )
    // A row that was inserted has no older version (Postgres: xmax = 0).
    .returning(sql<boolean>`xmax = 0`.as('added'))
    .execute();
  return rows.filter(({ added }) => added).length;
}

/** How many of these logins are known already. */
export async function countLegacyLogins(
  db: Queryable,
  portal: string,
  logins: readonly NewLegacyLogin[],
): Promise<number> {
  if (logins.length === 0) return 0;
  const { count } = await db
    .selectFrom('legacyLogins')
    .select((select) => select.fn.countAll<string>().as('count'))
    .where('portal', '=', portal)
    .where(
      'loginKey',
      'in',
      logins.map(({ login }) => loginKey(login)),
    )
    .executeTakeFirstOrThrow();
  return Number(count);
}
