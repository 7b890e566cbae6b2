/** What the commands about applications and memberships have in common: reading arguments, finding, showing. */
import { InvalidArgumentError } from 'commander';
import { fullName } from '../../../accounts/account';
import { findProfile, isUuid } from '../../../accounts/store';
import { storableText } from '../../../audit/audit';
import { readUnit, type CompanyUnit } from '../../../companies/identifiers';
import { companyClaim, type MembershipView } from '../../../companies/memberships/membership';
import type { DecisionTools } from '../../../companies/memberships/decide-membership';
import {
  findCompanyByUnit,
  findMembership,
  findMembershipByNumber,
} from '../../../companies/memberships/store';
import { readSaid } from '../../../companies/memberships/talk/said';
import { findDirectoryRow } from '../../../companies/store';
import { Failure, type AdminTools } from '../../admin';
import type { Printer } from '../../print/printer';

export interface Answer {
  json?: true;
}

/** What deciding needs beside the tools of every command: where links in mails lead. */
export const withIssuer = (tools: AdminTools): AdminTools & DecisionTools => ({
  ...tools,
  issuer: tools.config.issuer,
});

/** An application or membership in JSON. */
export const membershipJson = (view: MembershipView, now: Date) => ({
  number: view.number,
  version: view.version,
  id: view.id,
  account_id: view.accountId,
  name: fullName(view),
  email: view.email,
  company: companyClaim(view, now),
  company_name_source: view.nameSource,
  can_act_until: view.canActUntil,
  client_id: view.clientId,
  question: view.question,
  ...saidJson(view),
  reason_code: view.reasonCode,
  reason: view.reason,
  requested_at: view.requestedAt,
  expires_at: view.expiresAt,
  decided_at: view.decidedAt,
  decided_by: view.decidedBy,
});

/** `answer` is the newest one; every question stands beside its own in `exchanges`. */
function saidJson({ answer }: MembershipView) {
  const said = readSaid(answer);
  const answered = said.filter(({ question }) => question !== null);
  return {
    comment: said.find(({ question }) => question === null)?.words ?? null,
    answer: answered.at(-1)?.words ?? null,
    exchanges: answered.map(({ question, words }) => ({ question, answer: words })),
  };
}

/** What an approved member is and may do, in words. */
export function rightsText({ role, canAct, canActUntil }: MembershipView, print: Printer): string {
  const who = role === 'contact' ? 'contact person' : 'member';
  const until = canActUntil ? ` until ${print.time(canActUntil)}` : '';
  return `${who}, ${canAct ? `may act for the company${until}` : 'may only read'}`;
}

/** Whom the audit trail means: of people the name, since nobody knows the others by their ids. */
export async function actorText({ db }: AdminTools, actor: string | null): Promise<string> {
  if (!actor?.startsWith('account:')) return actor ?? '?';
  const person = await findProfile(db, actor.slice('account:'.length));
  return person ? `${fullName(person)} (${person.email ?? person.id})` : actor;
}

export const unitText = ({ inn, kpp }: CompanyUnit): string => (kpp === null ? inn : `${inn}/${kpp}`);

/** A whole number from 1, as applications and their versions have. */
export function readNumber(text: string): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1) throw new InvalidArgumentError('Give a whole number from 1; approvals list shows them.');
  return number;
}

const LONGEST_TEXT = 1000;

/** Text that people read or that is kept: without blank ends and control characters but line ends. */
export function readText(text: string): string {
  const kept = text
    .normalize('NFC')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{C}\n]/gu, '')
    .trim();
  if (kept === '') throw new InvalidArgumentError('This must say something.');
  if (kept.length > LONGEST_TEXT) throw new InvalidArgumentError(`Say it in ${LONGEST_TEXT} characters.`);
  return kept;
}

/** A company's name, on one line. */
export function readName(text: string): string {
  const name = storableText(readText(text).replace(/\s+/g, ' '));
  if (name.length > 200) throw new InvalidArgumentError('A name has at most 200 characters.');
  return name;
}

/** A company as `--company` names it: ИНН, or ИНН/КПП. */
export function readCompany(text: string): CompanyUnit {
  const [inn = '', kpp = '', more] = text.split('/');
  const { unit } = readUnit({ inn, kpp });
  if (!unit || more !== undefined)
    throw new InvalidArgumentError('Give ИНН/КПП of a company, or the 12 digits of a sole proprietor.');
  return unit;
}

const DAY_MS = 86_400_000;

/** The last moment of a day in Moscow, where the companies are. */
export function readLastDay(text: string): Date {
  const begin = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00+03:00`) : NaN;
  const isReal = !Number.isNaN(begin) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
  if (!isReal) throw new InvalidArgumentError('Give a day as YYYY-MM-DD.');
  return new Date(begin + DAY_MS - 1);
}

export async function getApplication({ db }: AdminTools, number: number): Promise<MembershipView> {
  const view = await findMembershipByNumber(db, number);
  if (!view)
    throw new Failure('notFound', `There is no application ${number}; approvals list --all shows them.`);
  return view;
}

/** A membership by the number of its application or by its id. */
export async function getMembership({ db }: AdminTools, numberOrId: string): Promise<MembershipView> {
  const number = /^\d{1,9}$/.test(numberOrId) ? Number(numberOrId) : 0;
  const view = isUuid(numberOrId)
    ? await findMembership(db, numberOrId)
    : await findMembershipByNumber(db, number);
  if (!view)
    throw new Failure('notFound', 'There is no membership of this number or id; members list shows them.');
  return view;
}

/** What a company is called, from our tables or the directory. @throws Failure when neither has it nor a name is given */
export async function namingOf({ db }: AdminTools, unit: CompanyUnit, given: string | undefined) {
  const known = await findCompanyByUnit(db, unit);
  if (known) return { name: known.name, nameSource: known.nameSource, ogrn: known.ogrn };
  const listed = await findDirectoryRow(db, unit);
  if (listed) return { name: listed.name, nameSource: 'directory' as const, ogrn: listed.ogrn };
  const name = storableText((given ?? '').trim());
  if (name === '') {
    throw new Failure(
      'notFound',
      `The directory has no company ${unitText(unit)}; give its name with --name.`,
    );
  }
  return { name, nameSource: 'operator' as const, ogrn: null };
}
