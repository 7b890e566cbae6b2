/** The mailed link, or the code beside it: it proves the address, and only then an account, a company and an application come to be. */
import { findAccountByIdentifier, insertAccount, insertIdentifier, updatePassword } from '../accounts/store';
import { parseEmail } from '../accounts/email-address';
import { takesCode } from '../accounts/phone-number';
import { movePowers } from '../attorney/store';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { requestMembership } from '../companies/memberships/request';
import { giveConsents } from '../consents/give';
import { KTSP } from '../legacy-accounts/legacy-account';
import { requestLegacyLink } from '../legacy-accounts/link';
import { fingerprint, type Secrets } from '../secrets';
import { isUniqueViolation } from '../storage/postgres';
import type { Database, Queryable } from '../storage/tables';
import { tryCode } from '../tokens/codes';
import { consumeLink, findLink } from '../tokens/links';
import { findTokenByHash } from '../tokens/store';
import { openAnswers } from './answers';
import { isMailedTo } from './email/proof-mail';
import { dueStep, type Answers, type Path, type Paths, type Registration } from './registration';
import { findPath } from './paths';
import { completeRegistration, findRegistrationById } from './store';

export interface ProofTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
  paths: Paths;
}

export type EmailLink =
  | { state: 'live'; email: string; clientId: string | null; applies: boolean }
  | { state: 'spent' | 'unknown'; clientId: string | null };

const PURPOSE = 'prove_email';

/** Looks at a link without spending it: scanners open links, too. */
export async function openEmailLink(tools: ProofTools, token: string): Promise<EmailLink> {
  const link = await findLink(tools.db, PURPOSE, token, tools.clock);
  const mailed = (await findTokenByHash(tools.db, PURPOSE, fingerprint(token)))?.payload;
  const registration = mailed && (await findRegistrationById(tools.db, String(mailed.registration)));
  const clientId = registration?.clientId ?? null;
  // Another mail of the same registration may have been used.
  if (link.state === 'spent' || registration?.accountId) return { state: 'spent', clientId };
  const answers =
    link.state === 'live' && registration ? dueAnswers(tools, registration, link.payload) : undefined;
  if (!answers) return { state: 'unknown', clientId };
  const { email, company } = answers;
  return { state: 'live', email, clientId, applies: company !== undefined };
}

type ToldAddress = Answers & { email: string };

/** The answers, where the mail went to their address and all before it is done: else there is nothing to prove. */
function dueAnswers(
  { secrets, paths }: Pick<ProofTools, 'secrets' | 'paths'>,
  registration: Registration,
  mailed: Mailed,
): ToldAddress | undefined {
  const answers = openAnswers(secrets, registration);
  if (answers?.email === undefined || registration.submittedAt === null) return undefined;
  const due = dueStep(findPath(registration.path, paths), registration, answers.phone, answers.told);
  if (due.kind !== 'finish' || !isMailedTo(secrets, answers.email, mailed.address)) return undefined;
  return { ...answers, email: answers.email };
}

/** Which registration a link or a code belongs to, and the mark of the address it was mailed to. */
type Mailed = Readonly<Record<string, unknown>>;

export type ProofOutcome = 'proved' | 'spent' | 'unknown' | 'email_taken' | 'phone_taken';

/** Spends the link and makes the account; of any number of parallel tries one wins. */
export function proveEmail(tools: ProofTools, token: string): Promise<ProofOutcome> {
  return prove(tools, async (trx) => {
    const link = await consumeLink(trx, PURPOSE, token, tools.clock);
    return link.state === 'live' ? link.payload : link.state;
  });
}

export type CodeProblem = 'email_code_required' | 'code_wrong' | 'code_exhausted' | 'code_over';

/**
 * The second way: the code of the newest mail, typed where the person registers. A code that was mailed to nobody,
 * because the address has an account, is never right.
 */
export async function proveEmailByCode(
  tools: ProofTools,
  registration: Registration,
  code: string,
): Promise<ProofOutcome | CodeProblem> {
  if (code.trim() === '') return 'email_code_required';
  const attempt = { purpose: 'prove_email_code' as const, id: registration.emailCodeId ?? '', code };
  // Outside the transaction: undoing it would give the try back.
  const result = await tryCode(tools.db, tools.secrets, attempt, tools.clock);
  if (result.state === 'wrong' || (result.state === 'right' && result.payload.untold === true))
    return 'code_wrong';
  if (result.state === 'exhausted') return 'code_exhausted';
  if (result.state !== 'right' || result.payload.registration !== registration.id) return 'code_over';
  return prove(tools, () => Promise.resolve(result.payload));
}

type Claim = (trx: Queryable) => Promise<Mailed | 'spent' | 'unknown'>;

async function prove(tools: ProofTools, claim: Claim): Promise<ProofOutcome> {
  const first = await tryProof(tools, claim);
  // Somebody may have proved the same phone in this very moment: seen anew, it is theirs, and the address decides.
  const outcome = first === 'name_taken' ? await tryProof(tools, claim) : first;
  return outcome === 'name_taken' ? 'email_taken' : outcome;
}

async function tryProof(tools: ProofTools, claim: Claim): Promise<ProofOutcome | 'name_taken'> {
  try {
    return await tools.db.transaction().execute(async (trx) => {
      const mailed = await claim(trx);
      if (mailed === 'spent' || mailed === 'unknown') return mailed;
      const registration = await findRegistrationById(trx, String(mailed.registration));
      if (registration?.accountId) return 'spent';
      const answers = registration && dueAnswers(tools, registration, mailed);
      // The link is not spent with it: the person may yet come back to that address.
      if (!answers || !registration.passwordHash) throw new NotDue();
      await makeAccount(trx, tools, registration, answers);
      return 'proved';
    });
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'name_taken';
    if (error instanceof AlreadyMade) return 'spent';
    if (error instanceof NotDue) return 'unknown';
    if (error instanceof PhoneTaken) return 'phone_taken';
    throw error;
  }
}

class NotDue extends Error {}

class AlreadyMade extends Error {}

class PhoneTaken extends Error {}

async function makeAccount(
  trx: Queryable,
  tools: ProofTools,
  registration: Registration,
  answers: ToldAddress,
): Promise<void> {
  const at = tools.clock.now();
  const path = findPath(registration.path, tools.paths);
  const { familyName = '', givenName = '', middleName = null } = answers;
  const customer = {
    customerKind: answers.customerKind ?? path.customer?.usual ?? null,
    customerInn: answers.ownInn ?? null,
    customerOgrn: answers.ogrn ?? null,
  };
  const person = { familyName, givenName, middleName, locale: registration.locale, ...customer };
  const account = await insertAccount(trx, person, at);
  if (!(await completeRegistration(trx, registration.id, account.id))) throw new AlreadyMade();
  await insertNames(trx, account.id, answers, path, at);
  await updatePassword(trx, account.id, registration.passwordHash ?? '', at);
  await giveAnswered(trx, account.id, answers);
  await recordAccount(trx, account.id, registration, at);
  await requestAnswered(trx, tools, registration, answers, account.id);
  if (answers.legacy)
    await requestLegacyLink(trx, { accountId: account.id, portal: KTSP, ...answers.legacy }, at);
}

/** @throws PhoneTaken where people sign in with it, and somebody else has proved it meanwhile */
async function insertNames(
  trx: Queryable,
  accountId: string,
  { email, phone }: ToldAddress,
  { phoneIsName }: Path,
  at: Date,
): Promise<void> {
  const canonical = parseEmail(email)?.canonical ?? email;
  await insertIdentifier(trx, { accountId, kind: 'email', value: email, canonical, provedAt: at });
  if (phone === undefined) return;
  // A phone that another account has proved stays theirs; here it is only a way to reach the person.
  const taken = await findAccountByIdentifier(trx, phone);
  if (taken && phoneIsName) throw new PhoneTaken();
  const provedAt = taken || !takesCode(phone) ? null : at;
  await insertIdentifier(trx, { accountId, kind: 'phone', value: phone, canonical: phone, provedAt });
}

async function recordAccount(
  trx: Queryable,
  accountId: string,
  { id, path }: Registration,
  at: Date,
): Promise<void> {
  const subject = `account:${accountId}`;
  const details = { registration: id, path };
  await recordEvent(trx, { event: 'account_created', actor: subject, subject, details }, at);
  await recordEvent(trx, { event: 'email_proved', actor: subject, subject }, at);
}

/** Whoever speaks for a company asks to be let into it. */
async function requestAnswered(
  trx: Queryable,
  tools: ProofTools,
  registration: Registration,
  { company, inn, kpp = null }: Answers,
  accountId: string,
): Promise<void> {
  if (!company || inn === undefined) return;
  const membership = await requestMembership(trx, tools, {
    accountId,
    unit: { inn, kpp },
    naming: { name: company.name, nameSource: company.source, ogrn: company.ogrn },
    path: registration.path,
    clientId: registration.clientId,
  });
  if (membership) await movePowers(trx, registration.id, membership.id);
}

/** The boxes were ticked on an earlier page, some time ago. */
async function giveAnswered(trx: Queryable, accountId: string, { consents }: Answers): Promise<void> {
  const [first] = consents;
  if (!first) return;
  const { address, userAgent, at } = first;
  const facts = { address, userAgent, form: 'registration', way: 'box' } as const;
  await giveConsents(trx, { accountId, consents, facts, at: new Date(at) });
}
