/**
 * For which of their companies a person acts at a relying party: chosen at a sign-in, kept beside the grant, so that every
 * token under it says the same, and told only while the membership is approved. A choice never passes to another company
 * by itself: when the chosen one is gone there is none until the next sign-in.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { OWN_CLIENT_ID } from '../../clients/client';
import { readUnit } from '../../companies/identifiers';
import type { MembershipView } from '../../companies/memberships/membership';
import { defaultOf } from '../../companies/memberships/own/default-company';
import { fingerprint } from '../../secrets';
import type { Queryable } from '../../storage/tables';
import { ofSession, type Standings } from './standing';

/** Authorization parameter by which a relying party asks for a company, and prompt by which it asks anew. */
export const COMPANY = 'company';

export interface ActingCompany {
  /** Undefined while nobody has chosen among several, and for people without a company. */
  companyId: string | undefined;
  /** It stands beside the grant already. */
  isKept: boolean;
  /** The page must ask. */
  mustChoose: boolean;
}

const NOBODY: ActingCompany = { companyId: undefined, isKept: false, mustChoose: false };
const settled = new WeakMap<object, Promise<ActingCompany>>();

/** What this authorization comes to; found once in a request. */
export function actingCompany(standings: Standings, ctx: KoaContextWithOIDC): Promise<ActingCompany> {
  const { oidc } = ctx;
  const known = settled.get(oidc) ?? settle(standings, ctx);
  settled.set(oidc, known);
  return known;
}

type Oidc = KoaContextWithOIDC['oidc'];

async function settle(standings: Standings, ctx: KoaContextWithOIDC): Promise<ActingCompany> {
  const { oidc } = ctx;
  const { account, client } = oidc;
  const subject = ofSession(oidc, account?.accountId);
  if (!subject || !client || client.clientId === OWN_CLIENT_ID) return NOBODY;
  if (!oidc.requestParamOIDCScopes.has('companies')) return NOBODY;
  const { memberships, grant } = await standings.of(ctx, subject);
  const own = memberships.filter(({ status }) => status === 'approved');
  const choose = (companyId: string | undefined, mustChoose = false): ActingCompany => ({
    ...{ companyId, mustChoose },
    isKept: companyId !== undefined && companyId === grant?.companyId,
  });
  if (own.length < 2) return choose(own[0]?.companyId);
  const standing = (id: string | null | undefined): string | undefined =>
    own.find(({ companyId }) => companyId === id)?.companyId;
  const chosen = standing(choiceOf(oidc)) ?? standing(findAsked(own, oidc.params?.[COMPANY])?.companyId);
  if (chosen !== undefined) return choose(chosen);
  if (oidc.prompts.has(COMPANY) && oidc.promptPending(COMPANY)) return choose(undefined, true);
  const kept = standing(grant?.companyId);
  const companyId = kept ?? (client.company_choice === 'default' ? defaultOf(own)?.companyId : undefined);
  return choose(companyId, companyId === undefined);
}

/** What the person has said on the page. */
function choiceOf({ result }: Oidc): string | undefined {
  const { companyId } = (result?.[COMPANY] ?? {}) as { companyId?: unknown };
  return typeof companyId === 'string' ? companyId : undefined;
}

/** The membership that `<inn>` or `<inn>/<kpp>` names; an ИНН alone only where it leaves no doubt. */
export function findAsked<One extends Pick<MembershipView, 'inn' | 'kpp'>>(
  own: readonly One[],
  asked: unknown,
): One | undefined {
  if (typeof asked !== 'string') return undefined;
  const [inn = '', kpp = ''] = asked.split('/', 2);
  const { unit } = readUnit({ inn, kpp }, { headIfNoKpp: true });
  const named = own.filter((one) => one.inn === unit?.inn && (unit.kpp === null || one.kpp === unit.kpp));
  return named.length === 1 ? named[0] : undefined;
}

/** The company of a grant; null where none was chosen. */
async function findKeptCompany(db: Queryable, grantId: string): Promise<string | null> {
  const row = await db
    .selectFrom('grants')
    .select('companyId')
    .where('id', '=', fingerprint(grantId))
    .executeTakeFirst();
  return row?.companyId ?? null;
}

/** Keeps the company beside a grant that is stored; what stands there already stays where none is given. */
export async function keepCompany(
  db: Queryable,
  grantId: string,
  companyId: string | undefined,
): Promise<void> {
  if (companyId === undefined) return;
  await db
    .updateTable('grants')
    .set({ companyId })
    .where('id', '=', fingerprint(grantId))
    .where((where) => where.or([where('companyId', 'is', null), where('companyId', '!=', companyId)]))
    .execute();
}

/**
 * The one of a person's memberships that the tokens of a grant name. Of a grant that nobody has chosen for, the only one.
 * @param told what the relying party is told of
 */
export async function findActing(
  db: Queryable,
  grantId: string | undefined,
  told: readonly MembershipView[],
): Promise<MembershipView | undefined> {
  if (!told.some(({ status }) => status === 'approved')) return undefined;
  const kept = grantId === undefined ? null : await findKeptCompany(db, grantId);
  return actingOf(told, kept);
}

/** The same where the company of the grant is known. */
export function actingOf<One extends Pick<MembershipView, 'companyId' | 'status'>>(
  memberships: readonly One[],
  kept: string | null,
): One | undefined {
  const approved = memberships.filter(({ status }) => status === 'approved');
  if (kept !== null) return approved.find(({ companyId }) => companyId === kept);
  return approved.length === 1 ? approved[0] : undefined;
}
