/** The mailed link: it proves the address, and only then an account, a company and an application come to be. */
import { findAccountByIdentifier, insertAccount, insertIdentifier, updatePassword } from '../accounts/store';
import { parseEmail } from '../accounts/email-address';
import { recordEvent } from '../audit/store';
import type { Clock } from '../clock';
import { ensureCompany, insertMembership } from '../companies/memberships/store';
import type { Secrets } from '../secrets';
import { isUniqueViolation } from '../storage/postgres';
import type { Database, Queryable } from '../storage/tables';
import { consumeLink, findLink } from '../tokens/links';
import { openAnswers } from './answers';
import type { Answers, Registration } from './registration';
import { completeRegistration, findRegistrationById, insertConsents } from './store';

export interface ProofTools {
  db: Database;
  secrets: Secrets;
  clock: Clock;
}

export type EmailLink =
  { state: 'live'; email: string; clientId: string | null } | { state: 'spent' } | { state: 'unknown' };

const PURPOSE = 'prove_email';

/** Looks at a link without spending it: scanners open links, too. */
export async function openEmailLink({ db, secrets, clock }: ProofTools, token: string): Promise<EmailLink> {
  const link = await findLink(db, PURPOSE, token, clock);
  if (link.state !== 'live') return link;
  const registration = await findRegistrationById(db, String(link.payload.registration));
  // Another mail of the same registration has been used.
  if (registration?.accountId) return { state: 'spent' };
  const answers = registration && openAnswers(secrets, registration);
  return answers
    ? { state: 'live', email: answers.email, clientId: registration.clientId }
    : { state: 'unknown' };
}

export type ProofOutcome = 'proved' | 'spent' | 'unknown' | 'email_taken';

/** Spends the link and makes the account; of any number of parallel tries one wins. */
export async function proveEmail(tools: ProofTools, token: string): Promise<ProofOutcome> {
  const first = await tryProof(tools, token);
  // Somebody may have proved the same phone in this very moment: seen anew, it is theirs, and the address decides.
  const outcome = first === 'name_taken' ? await tryProof(tools, token) : first;
  return outcome === 'name_taken' ? 'email_taken' : outcome;
}

async function tryProof(tools: ProofTools, token: string): Promise<ProofOutcome | 'name_taken'> {
  try {
    return await tools.db.transaction().execute(async (trx) => {
      const link = await consumeLink(trx, PURPOSE, token, tools.clock);
      if (link.state !== 'live') return link.state;
      const registration = await findRegistrationById(trx, String(link.payload.registration));
      if (registration?.accountId) return 'spent';
      const answers = registration && openAnswers(tools.secrets, registration);
      if (!answers || !registration.passwordHash) return 'unknown';
      await makeAccount(trx, tools, registration, answers);
      return 'proved';
    });
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'name_taken';
    if (error instanceof AlreadyMade) return 'spent';
    throw error;
  }
}

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
  await insertConsents(trx, account.id, answers.consents);
  const { company, inn, kpp } = answers;
  const made = await ensureCompany(
    trx,
    { inn, kpp },
    { name: company.name, nameSource: company.source, ogrn: company.ogrn },
    at,
  );
  const subject = `account:${account.id}`;
  const request = {
    accountId: account.id,
    companyId: made.id,
    status: 'requested' as const,
    role: 'member' as const,
    canAct: false,
    decidedBy: null,
  };
  const membership = await insertMembership(trx, request, at);
  await recordEvent(
    trx,
    { event: 'account_created', actor: subject, subject, details: { registration: registration.id } },
    at,
  );
  await recordEvent(trx, { event: 'email_proved', actor: subject, subject }, at);
  await recordEvent(
    trx,
    {
      event: 'membership_requested',
      actor: subject,
      subject,
      details: { number: membership?.number ?? 0, inn, kpp },
    },
    at,
  );
}
