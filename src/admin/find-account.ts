/** Which account an operator means, and how one is shown. */
import { fullName, type AccountProfile } from '../accounts/account';
import { parseEmail, type EmailAddress } from '../accounts/email-address';
import { parseLoginName } from '../accounts/login-name';
import { parsePhone } from '../accounts/phone-number';
import { findProfile, findProfileByIdentifier, isUuid, listProfilesByEmail } from '../accounts/store';
import type { Queryable } from '../storage/tables';
import { Failure } from './admin';

/** @throws Failure when `text` is not an address that mail can reach. */
export function readEmail(text: string): EmailAddress {
  const email = parseEmail(text);
  if (!email)
    throw new Failure('usage', `${text} is not an e-mail address; give one such as ivan@example.com.`);
  return email;
}

/**
 * The account of an id or an e-mail; among several with one e-mail the one that has proved it.
 * @throws Failure when there is none, or only several that have not.
 */
export async function getAccount(db: Queryable, idOrEmail: string): Promise<AccountProfile> {
  if (isUuid(idOrEmail)) {
    const profile = await findProfile(db, idOrEmail);
    if (!profile) throw new Failure('notFound', 'There is no account of this id; accounts list shows them.');
    return profile;
  }
  const email = parseEmail(idOrEmail);
  if (!email) return getByOtherName(db, idOrEmail);
  const profiles = await listProfilesByEmail(db, email.canonical);
  const found = profiles.find(({ emailProved }) => emailProved) ?? profiles[0];
  if (!found)
    throw new Failure('notFound', `No account has the e-mail ${email.value}; accounts list shows them.`);
  if (!found.emailProved && profiles.length > 1) {
    const ids = profiles.map(({ id }) => id).join(', ');
    throw new Failure(
      'conflict',
      `Several accounts wait to prove ${email.value}; name one by its id: ${ids}.`,
    );
  }
  return found;
}

/** By a phone they have proved, or by their login name. */
async function getByOtherName(db: Queryable, text: string): Promise<AccountProfile> {
  const phone = parsePhone(text);
  const canonical = typeof phone === 'object' ? phone.value : parseLoginName(text)?.canonical;
  if (canonical === undefined)
    throw new Failure('usage', `${text} is neither the id of an account nor an e-mail, phone or login name.`);
  const profile = await findProfileByIdentifier(db, canonical);
  if (!profile) throw new Failure('notFound', `No account has the name ${text}; accounts list shows them.`);
  return profile;
}

/** An account in JSON; names as in OpenID Connect where it has one. */
export function accountJson(profile: AccountProfile) {
  return {
    id: profile.id,
    status: profile.status,
    family_name: profile.familyName,
    given_name: profile.givenName,
    middle_name: profile.middleName,
    login: profile.login,
    email: profile.email,
    email_verified: profile.emailProved,
    phone: profile.phone,
    phone_verified: profile.phoneProved,
    locale: profile.locale,
    has_password: profile.passwordHash !== null,
    password_changed_at: profile.passwordChangedAt,
    block_reason: profile.blockReason,
    blocked_at: profile.blockedAt,
    sessions_valid_after: profile.sessionsValidAfter,
    created_at: profile.createdAt,
    updated_at: profile.updatedAt,
  };
}

const proof = (value: string | null, proved: boolean): string =>
  value === null ? '–' : `${value} (${proved ? 'proved' : 'not proved yet'})`;

/** An account line by line. */
export function accountFacts(profile: AccountProfile, time: (at: Date | null) => string): [string, string][] {
  const blocked: [string, string][] =
    profile.status === 'blocked'
      ? [
          ['reason', profile.blockReason ?? '–'],
          ['blocked', time(profile.blockedAt)],
        ]
      : [];
  return [
    ['id', profile.id],
    ['name', fullName(profile)],
    ['e-mail', proof(profile.email, profile.emailProved)],
    ['phone', proof(profile.phone, profile.phoneProved)],
    ...(profile.login === null ? [] : [['login name', profile.login] satisfies [string, string]]),
    ['status', profile.status],
    ...blocked,
    ['language', profile.locale],
    ['password', profile.passwordHash === null ? 'not set yet' : `set ${time(profile.passwordChangedAt)}`],
    ['sign-ins hold since', time(profile.sessionsValidAfter)],
    ['created', time(profile.createdAt)],
    ['changed', time(profile.updatedAt)],
  ];
}
