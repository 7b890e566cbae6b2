/** The mailed link, or the code beside it: it proves the address, and only then an account, a company and an application come to be. */
import { findAccountByIdentifier, insertAccount, insertIdentifier, updatePassword } from '../accounts/store';
import { parseEmail } from '../accounts/email-address';
import { movePowers } from '../attorney/store';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { requestMembership } from '../companies/memberships/request';
import { giveConsents } from '../consents/give';
import { KTSP } from '../legacy-accounts/legacy-account';
import { requestLegacyLink } from '../legacy-accounts/link';
import type { Secrets } from '../secrets';
import { isUniqueViolation } from '../storage/postgres';
import type { Database, Queryable } from '../storage/tables';
import { tryCode } from '../tokens/codes';
import { consumeLink, findLink } from '../tokens/links';
import { openAnswers } from './answers';
import { isMailedTo } from './email/proof-mail';
import type { Answers, Registration } from './registration';
import { completeRegistration, findRegistrationById } from './store';

export interface ProofTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
}

export type EmailLink =
  { state: 'live'; email: string; clientId: string | null } | { state: 'spent' } | { state: 'unknown' };

const PURPOSE = 'prove_email';

/** Looks at a link without spending it: scanners open links, too. */
export async function openEmailLink(tools: ProofTools, token: string): Promise<EmailLink> {
  const link = await findLink(tools.db, PURPOSE, token, tools.clock);
  if (link.state !== 'live') return link;
  const registration = await findRegistrationById(tools.db, String(link.payload.registration));
  // Another mail of the same registration has been used.
  if (registration?.accountId) return { state: 'spent' };
  const answers = registration && dueAnswers(tools.secrets, registration, link.payload);
  return answers
    ? { state: 'live', email: answers.email, clientId: registration.clientId }
    : { state: 'unknown' };
}

/** The answers, where the mail went to their address and all before it is done: else there is nothing to prove. */
function dueAnswers(secrets: Secrets, registration: Registration, mailed: Mailed): Answers | undefined {
  const answers = openAnswers(secrets, registration);
  if (!answers || registration.submittedAt === null || registration.provedPhone !== answers.phone)
    return undefined;
  return isMailedTo(secrets, answers.email, mailed.address) ? answers : undefined;
}

/** Which registration a link or a code belongs to, and the mark of the address it was mailed to. */
type Mailed = Readonly<Record<string, unknown>>;

export type ProofOutcome = 'proved' | 'spent' | 'unknown' | 'email_taken';

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
      const answers = registration && dueAnswers(tools.secrets, registration, mailed);
      // The link is not spent with it: the person may yet come back to that address.
      if (!answers || !registration.passwordHash) throw new NotDue();
      await makeAccount(trx, tools, registration, answers);
      return 'proved';
    });
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'name_taken';
    if (error instanceof AlreadyMade) return 'spent';
    if (error instanceof NotDue) return 'unknown';
    throw error;
  }
}

class NotDue extends Error {}

class AlreadyMade extends Error {}

async function makeAccount(
  trx: Queryable,
  tools: ProofTools,
  registration: Registration,
  answers: Answers,
): Promise<void> {
  const at = tools.clock.now();
  const account = await insertAccount(trx, { ...answers, locale: registration.locale }, at);
  if (!(await completeRegistration(trx, registration.id, account.id))) throw new AlreadyMade();
  const canonical = parseEmail(answers.email)?.canonical ?? answers.email;
  await insertIdentifier(trx, {
    accountId: account.id,
    kind: 'email',
    value: answers.email,
    canonical,
    provedAt: at,
  });
  // A phone that another account has proved stays theirs; here it is only a way to reach the person.
  const phoneTaken = await findAccountByIdentifier(trx, answers.phone);
  await insertIdentifier(trx, {
    accountId: account.id,
    kind: 'phone',
    value: answers.phone,
    canonical: answers.phone,
    provedAt: phoneTaken ? null : at,
  });
  await updatePassword(trx, account.id, registration.passwordHash ?? '', at);
  await giveAnswered(trx, account.id, answers);
  const subject = `account:${account.id}`;
  await recordEvent(
    trx,
    { event: 'account_created', actor: subject, subject, details: { registration: registration.id } },
    at,
  );
  await recordEvent(trx, { event: 'email_proved', actor: subject, subject }, at);
  const { company, inn, kpp } = answers;
  const membership = await requestMembership(trx, tools, {
    accountId: account.id,
    unit: { inn, kpp },
    naming: { name: company.name, nameSource: company.source, ogrn: company.ogrn },
    path: registration.path,
    clientId: registration.clientId,
  });
  if (membership) await movePowers(trx, registration.id, membership.id);
  if (answers.legacy)
    await requestLegacyLink(trx, { accountId: account.id, portal: KTSP, ...answers.legacy }, at);
}

/** The boxes were ticked on the first page, some time ago. */
async function giveAnswered(trx: Queryable, accountId: string, { consents }: Answers): Promise<void> {
  const [first] = consents;
  if (!first) return;
  const { address, userAgent, at } = first;
  const facts = { address, userAgent, form: 'registration', way: 'box' } as const;
  await giveConsents(trx, { accountId, consents, facts, at: new Date(at) });
}
