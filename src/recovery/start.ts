/** Beginning a recovery and sending its message again: the same work for every name, known or not. */
import { sql } from 'kysely';
import { greetingName, type AccountProfile } from '../accounts/account';
import { SET_PASSWORD } from '../accounts/create-account';
import { maskEmail, parseEmail } from '../accounts/email-address';
import { findProfileByIdentifier } from '../accounts/store';
import { recordEvent } from '../audit/store';
import { addSeconds, type Clock } from '../clock';
import { addressBlock } from '../http/client-address';
import { readKnownBrowser } from '../http/cookies';
import { once, reserve, type Limit } from '../http/limits';
import type { Locale, Message } from '../notifications/notifications';
import { enqueue } from '../notifications/outbox';
import { smsLimits, type SmsCaps } from '../notifications/sms/limits';
import { fingerprint, type Secrets } from '../secrets';
import type { EphemeralStore } from '../storage/ephemeral/port';
import type { Database, Queryable } from '../storage/tables';
import { issueCode } from '../tokens/codes';
import { issueLink } from '../tokens/links';
import {
  CODE_TTL,
  LINK_TTL,
  maskName,
  messageTarget,
  RECOVERY_TTL,
  RESEND_PAUSE,
  type Channel,
  type Recovery,
  type RecoveryName,
} from './recovery';

export interface RecoveryTools {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  issuer: string;
  smsCaps: SmsCaps;
  /** Whether pages may say that a name has no account (RECOVERY_TELLS_UNKNOWN). */
  tellsUnknown: boolean;
}

/** Who asks, from where. */
export interface Asker {
  /** The browser's own token for this recovery. */
  token: string;
  locale: Locale;
  address: string;
  clientId: string | undefined;
  requestId: string;
  /** Value of the known-browser cookie. */
  knownBrowser: string | undefined;
}

const recoveryKey = (token: string): string => `recovery:${fingerprint(token)}`;

/** What is kept for this browser's token. */
export async function findRecovery(store: EphemeralStore, token: string): Promise<Recovery | undefined> {
  const entry = await store.find(recoveryKey(token));
  return entry?.value as Recovery | undefined;
}

/** Lets the recovery be forgotten. */
export async function endRecovery(store: EphemeralStore, token: string): Promise<void> {
  await store.delete(recoveryKey(token));
}

/** Sends a code for the name. `unknown` only where the setting tells. @throws Refusal too_many_attempts */
export async function startRecovery(
  tools: RecoveryTools,
  asker: Asker,
  name: RecoveryName,
  channel: Channel = name.channel,
): Promise<'sent' | 'unknown'> {
  const { db, ephemeral, clock } = tools;
  const person = await findProfileByIdentifier(db, name.canonical);
  const knownBrowser = readKnownBrowser(person?.id, asker.knownBrowser);
  const limits = messageLimits(tools, name, channel, { address: asker.address, knownBrowser });
  const { during } = await reserve(ephemeral, limits);
  if (!person && tools.tellsUnknown) return 'unknown';
  const codeId = await during(() =>
    db.transaction().execute((trx) => sendMessage(trx, tools, asker, { name, channel, person })),
  );
  const email = tools.tellsUnknown && person ? messageTarget(person, name, channel) : undefined;
  const target = channel === 'email' && email !== undefined ? maskEmail(email) : maskName(name);
  const recovery: Recovery = { name, channel, codeId, sentAt: clock.now().getTime(), target };
  await ephemeral.put(recoveryKey(asker.token), { ...recovery, name: { ...name } }, RECOVERY_TTL);
  return 'sent';
}

/** Seconds until the message may be sent again the same way. */
export function resendWait({ sentAt }: Recovery, now: Date): number {
  return Math.max(0, Math.ceil((sentAt + RESEND_PAUSE * 1000 - now.getTime()) / 1000));
}

/**
 * Sends another code, the same way or by mail; the one before is worth nothing from then on.
 * @throws Refusal too_many_attempts
 */
export async function resend(
  tools: RecoveryTools,
  asker: Asker,
  recovery: Recovery,
  channel: Channel,
): Promise<'sent' | 'too_soon'> {
  if (channel === recovery.channel && resendWait(recovery, tools.clock.now()) > 0) return 'too_soon';
  // Of any number of clicks on one page, one sends.
  const mark = `recovery:resend:${recovery.codeId}`;
  const send = () => startRecovery(tools, asker, recovery.name, channel);
  return (await once(tools.ephemeral, mark, RECOVERY_TTL, send)) ? 'sent' : 'too_soon';
}

const MINUTE = 60;

/**
 * By the name that was typed, so that they say nothing of an account. Mails that the account's own browser asks for are
 * counted by themselves, so that no stranger uses up the owner's. Text messages cost money and have one count for all.
 */
function messageLimits(
  { smsCaps }: RecoveryTools,
  { canonical }: RecoveryName,
  channel: Channel,
  { address, knownBrowser }: Pick<Asker, 'address' | 'knownBrowser'>,
): Limit[] {
  const from = addressBlock(address);
  if (channel === 'sms') return smsLimits(smsCaps, canonical, from);
  const name = fingerprint(canonical);
  const whose = knownBrowser === undefined ? name : `${name}:known:${knownBrowser}`;
  const toOne: Limit[] = [
    { key: `recovery:mail:${whose}`, max: 3, window: 10 * MINUTE },
    { key: `recovery:mail_day:${whose}`, max: 10, window: 24 * 60 * MINUTE },
  ];
  if (knownBrowser !== undefined) return toOne;
  return [...toOne, { key: `recovery:mail_address:${from}`, max: smsCaps.address, window: 60 * MINUTE }];
}

interface Case {
  name: RecoveryName;
  channel: Channel;
  person: AccountProfile | undefined;
}

/**
 * Writes the code, its message and the audit row. Where nobody is to be written to, the message is written all the
 * same and taken back before the transaction ends, so that time tells nothing. Gives the code's id.
 */
async function sendMessage(
  trx: Queryable,
  tools: RecoveryTools,
  asker: Asker,
  { name, channel, person }: Case,
): Promise<string> {
  const { secrets, clock } = tools;
  const now = clock.now();
  // The code of a blocked account, or of nobody, is right for nothing.
  const accountId = person?.status === 'active' ? person.id : undefined;
  const payload = { kind: name.kind, canonical: name.canonical };
  const request = { purpose: 'recover' as const, accountId, payload, ttlSeconds: CODE_TTL };
  const { id, code } = await issueCode(trx, secrets, request, clock);
  const to = person && messageTarget(person, name, person.status === 'active' ? channel : 'email');
  const link = channel === 'email' ? await issueMailLink(trx, clock, accountId, person?.email) : '';
  await sql`savepoint message`.execute(trx);
  await enqueue(
    trx,
    secrets,
    message(tools, asker, { name, channel, person }, { to, code, link }),
    clock,
    person?.id,
  );
  if (to === undefined) await sql`rollback to savepoint message`.execute(trx);
  else await sql`release savepoint message`.execute(trx);
  const { clientId, address, requestId } = asker;
  await recordEvent(
    trx,
    {
      event: 'recovery_started',
      actor: 'anonymous',
      subject: person && `account:${person.id}`,
      clientId,
      address,
      requestId,
      details: { name: name.kind, channel },
    },
    now,
  );
  return id;
}

/** The link of the mail does what the code does, in any browser. */
function issueMailLink(
  trx: Queryable,
  clock: Clock,
  accountId: string | undefined,
  address: string | null | undefined,
): Promise<string> {
  const email = parseEmail(address ?? '')?.canonical ?? '';
  const request = { purpose: SET_PASSWORD, accountId, payload: { email }, ttlSeconds: LINK_TTL } as const;
  return issueLink(trx, request, clock);
}

/** Where a message goes that is never sent. */
const NOWHERE = 'nobody@example.invalid';

function message(
  { issuer, clock }: RecoveryTools,
  { locale }: Asker,
  { name, channel, person }: Case,
  { to, code, link }: { to: string | undefined; code: string; link: string },
): Message {
  const called = person ? greetingName(person) : '';
  if (person?.status === 'blocked') {
    const values = { name: called, link: `${issuer}/` };
    return { channel: 'email', to: to ?? NOWHERE, template: 'recovery_blocked', locale, values };
  }
  if (channel === 'sms') {
    const expiresAt = addSeconds(clock.now(), CODE_TTL);
    return {
      channel,
      to: to ?? name.canonical,
      template: 'recovery_code',
      locale,
      values: { code },
      expiresAt,
    };
  }
  const values = { name: called, link: `${issuer}/set-password?token=${link}`, code };
  return { channel, to: to ?? NOWHERE, template: 'recover_access', locale, values };
}
