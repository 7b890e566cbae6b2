/**
 * Six digits mailed to a company's own address: whoever reads its mail may add the company to their account, or take it
 * off. A code is bound to the person who asked and to the company.
 */
import { recordEvent } from '../../../audit/store';
import { enqueue } from '../../../notifications/outbox';
import type { Locale } from '../../../notifications/notifications';
import type { Database } from '../../../storage/tables';
import { issueCode, tryCode } from '../../../tokens/codes';
import { findTokenById, spendToken } from '../../../tokens/store';
import type { CodeState } from '../../../tokens/tokens';
import type { CompanyUnit } from '../../identifiers';
import type { MailTools } from '../mails';

/** Seconds. */
export const COMPANY_CODE_TTL = 600;

export type CompanyCodePurpose = 'join_company' | 'leave_company';

export interface CompanyCodeRequest {
  accountId: string;
  /** The person, as the company's mail names them. */
  applicant: string;
  unit: CompanyUnit;
  companyName: string;
  /** Who gave the name. */
  nameSource: 'directory' | 'operator' | 'person';
  ogrn: string | null;
  purpose: CompanyCodePurpose;
  /** The company's address. */
  to: string;
  locale: Locale;
  /** Id of the code that this one replaces: it is worth nothing from now on. */
  replaces?: string;
}

export interface CodeTools extends MailTools {
  db: Database;
}

/** Gives the id under which the code is tried. */
export async function sendCompanyCode(tools: CodeTools, request: CompanyCodeRequest): Promise<string> {
  const { accountId, applicant, unit, companyName, nameSource, ogrn, purpose, to, locale } = request;
  const { secrets, clock, issuer } = tools;
  return tools.db.transaction().execute(async (trx) => {
    if (request.replaces !== undefined) await spendToken(trx, purpose, { id: request.replaces }, clock.now());
    const payload = { ...unit, name: companyName, nameSource, ogrn };
    const asked = { purpose, accountId, payload, ttlSeconds: COMPANY_CODE_TTL };
    const { id, code } = await issueCode(trx, secrets, asked, clock);
    const template = purpose === 'join_company' ? 'company_code' : 'company_leave_code';
    const values = { name: '', link: `${issuer}/`, code, company: companyName, applicant };
    await enqueue(trx, secrets, { channel: 'email', to, locale, template, values }, clock);
    const subject = `account:${accountId}`;
    const details = { ...unit, purpose };
    await recordEvent(trx, { event: 'company_code_sent', actor: subject, subject, details }, clock.now());
    return id;
  });
}

/** The company that a code is sent for. */
export interface CodedCompany {
  unit: CompanyUnit;
  name: string;
  nameSource: 'directory' | 'operator' | 'person';
  ogrn: string | null;
}

/** A code that was sent, and for which company. */
export interface SentCompanyCode {
  company: CodedCompany;
  sentAt: Date;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Undefined for a code that is none of this person's. */
export async function findCompanyCode(
  { db }: Pick<CodeTools, 'db'>,
  { accountId, purpose, id }: { accountId: string; purpose: CompanyCodePurpose; id: string },
): Promise<SentCompanyCode | undefined> {
  const token = UUID.test(id) ? await findTokenById(db, purpose, id) : undefined;
  if (token?.accountId !== accountId) return undefined;
  return { company: codedCompany(token.payload), sentAt: token.createdAt };
}

function codedCompany(payload: Record<string, unknown>): CodedCompany {
  const { inn, kpp, name, nameSource, ogrn } = payload as unknown as CompanyUnit & Omit<CodedCompany, 'unit'>;
  return { unit: { inn, kpp }, name, nameSource, ogrn };
}

/** Tries a code that belongs to this person; a wrong one is noted. */
export async function tryCompanyCode(
  { db, secrets, clock }: CodeTools,
  attempt: { accountId: string; purpose: CompanyCodePurpose; id: string; code: string },
): Promise<CodeState['state']> {
  const { accountId, purpose, id, code } = attempt;
  const { state } = await tryCode(db, secrets, { purpose, id, code }, clock);
  if (state === 'wrong' || state === 'exhausted') {
    const subject = `account:${accountId}`;
    const details = { purpose, state };
    await recordEvent(db, { event: 'company_code_failed', actor: subject, subject, details }, clock.now());
  }
  return state;
}
