/**
 * Another e-mail: nothing changes and nothing is reserved until the person has shown, by the mailed link or code, that
 * the new address is theirs. Whoever has it already gets the usual mail instead, and the page is the same.
 */
import { maskEmail, type EmailAddress } from '../../accounts/email-address';
import { greetingName, type AccountProfile } from '../../accounts/account';
import {
  findAccountByIdentifier,
  findProfile,
  lockAccount,
  proveEmail,
  replaceEmail,
} from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import { addressBlock } from '../../http/client-address';
import { counting } from '../../http/limits';
import { enqueue } from '../../notifications/outbox';
import { fingerprint } from '../../secrets';
import { isUniqueViolation } from '../../storage/postgres';
import type { Queryable } from '../../storage/tables';
import { issueCode, tryCode } from '../../tokens/codes';
import { consumeLink, findLink, issueLink } from '../../tokens/links';
import { voidAccountTokens, voidTokens } from '../../tokens/store';
import type { AccountParts } from '../parts';
import { localeOf, tellAddress } from '../tell';

const LINK_TTL = 86_400;
const CODE_TTL = 3600;

/** Who asks, and what the audit wants to know of it. */
export interface Asker {
  accountId: string;
  actor: string;
  subject: string;
  address: string;
  requestId: string;
}

export interface PendingEmail {
  email: EmailAddress;
  codeId: string;
  /** Milliseconds. */
  sentAt: number;
}

const pendingKey = (accountId: string): string => `account:email:${accountId}`;

export async function findPendingEmail(
  { ephemeral }: AccountParts,
  accountId: string,
): Promise<PendingEmail | undefined> {
  return (await ephemeral.find(pendingKey(accountId)))?.value as PendingEmail | undefined;
}

/** Sends the link and the code. @throws Refusal too_many_attempts */
export async function askEmail(
  parts: AccountParts,
  person: AccountProfile,
  asker: Asker,
  email: EmailAddress,
): Promise<void> {
  const limits = [
    { key: `account:mail:${person.id}`, max: 5, window: 3600 },
    // As in registration: three mails in ten minutes to one address, and ten a day.
    { key: `account:mail_to:${fingerprint(email.canonical)}`, max: 3, window: 600 },
    { key: `account:mail_to_day:${fingerprint(email.canonical)}`, max: 10, window: 86_400 },
    { key: `account:mail_from:${addressBlock(asker.address)}`, max: 30, window: 3600 },
  ];
  const { clock, secrets } = parts;
  const codeId = await counting(parts.ephemeral, limits, () =>
    parts.db.transaction().execute(async (trx) => {
      const owner = await findAccountByIdentifier(trx, email.canonical);
      for (const purpose of ['change_email', 'change_email_code'] as const)
        await voidTokens(trx, purpose, person.id);
      const request = { accountId: person.id, payload: { ...email, untold: owner !== undefined } };
      const token = await issueLink(
        trx,
        { ...request, purpose: 'change_email', ttlSeconds: LINK_TTL },
        clock,
      );
      const codeRequest = { ...request, purpose: 'change_email_code', ttlSeconds: CODE_TTL } as const;
      const { id, code } = await issueCode(trx, secrets, codeRequest, clock);
      await enqueueProof(trx, parts, person, email, owner ? undefined : { token, code });
      const { accountId: _id, ...common } = asker;
      await recordEvent(trx, { event: 'email_change_asked', ...common }, clock.now());
      return id;
    }),
  );
  const pending: PendingEmail = { email, codeId, sentAt: clock.now().getTime() };
  await parts.ephemeral.put(pendingKey(person.id), { ...pending, email: { ...email } }, CODE_TTL);
}

async function enqueueProof(
  trx: Queryable,
  { secrets, clock, issuer }: AccountParts,
  person: AccountProfile,
  { value: to }: EmailAddress,
  proof: { token: string; code: string } | undefined,
): Promise<void> {
  const common = { channel: 'email', to, locale: localeOf(person) } as const;
  if (!proof) {
    const values = { name: '', link: `${issuer}/`, days: 1 };
    await enqueue(trx, secrets, { ...common, template: 'already_registered', values }, clock);
    return;
  }
  const link = `${issuer}/account/email/open?token=${proof.token}`;
  const values = { name: greetingName(person), link, days: 1, code: proof.code };
  await enqueue(trx, secrets, { ...common, template: 'prove_new_email', values }, clock, person.id);
}

export type EmailOutcome = 'done' | 'email_over' | 'new_email_taken';

/** By the code; a code that was mailed to nobody is never right. */
export async function proveByCode(
  parts: AccountParts,
  asker: Asker,
  code: string,
): Promise<EmailOutcome | 'email_code_required' | 'code_wrong' | 'code_exhausted' | 'code_over'> {
  if (code.trim() === '') return 'email_code_required';
  const pending = await findPendingEmail(parts, asker.accountId);
  const attempt = { purpose: 'change_email_code' as const, id: pending?.codeId ?? '', code };
  const result = await tryCode(parts.db, parts.secrets, attempt, parts.clock);
  if (result.state === 'wrong' || (result.state === 'right' && result.payload.untold === true))
    return 'code_wrong';
  if (result.state === 'exhausted') return 'code_exhausted';
  if (result.state !== 'right' || result.accountId !== asker.accountId) return 'code_over';
  return applyEmail(parts, asker, () => Promise.resolve(result.payload));
}

/** The address that a live link of this account proves. */
export async function findEmailLink(
  { db, clock }: AccountParts,
  accountId: string,
  token: string,
): Promise<string | undefined> {
  const link = await findLink(db, 'change_email', token, clock);
  return link.state === 'live' && link.accountId === accountId ? String(link.payload.value) : undefined;
}

/** By the link, in whatever browser the person is signed in. */
export async function proveByLink(parts: AccountParts, asker: Asker, token: string): Promise<EmailOutcome> {
  if ((await findEmailLink(parts, asker.accountId, token)) === undefined) return 'email_over';
  return applyEmail(parts, asker, async (trx) => {
    const link = await consumeLink(trx, 'change_email', token, parts.clock);
    return link.state === 'live' && link.payload.untold !== true ? link.payload : undefined;
  });
}

type Claim = (trx: Queryable) => Promise<Record<string, unknown> | undefined>;

async function applyEmail(parts: AccountParts, asker: Asker, claim: Claim): Promise<EmailOutcome> {
  const { accountId, ...common } = asker;
  const at = parts.clock.now();
  try {
    const outcome = await parts.db.transaction().execute(async (trx): Promise<EmailOutcome> => {
      await lockAccount(trx, accountId);
      const person = await findProfile(trx, accountId);
      const payload = person && (await claim(trx));
      if (!payload) return 'email_over';
      const email = { value: String(payload.value), canonical: String(payload.canonical) };
      await replaceEmail(trx, accountId, email);
      await proveEmail(trx, accountId, email.canonical, at);
      // Links on their way to the old mailbox end with it.
      await voidAccountTokens(trx, accountId);
      await recordEvent(trx, { event: 'email_changed', ...common }, at);
      await recordEvent(trx, { event: 'email_proved', ...common }, at);
      const notice = {
        template: 'email_changed_by_owner',
        values: { masked: maskEmail(email.value) },
      } as const;
      if (person.email !== null && person.emailProved)
        await tellAddress(trx, parts, person, person.email, '/', notice);
      return 'done';
    });
    if (outcome === 'done') await parts.ephemeral.delete(pendingKey(accountId));
    return outcome;
  } catch (error) {
    if (isUniqueViolation(error, 'identifiers_proved')) return 'new_email_taken';
    throw error;
  }
}
