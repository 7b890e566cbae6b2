/** The code that proves a phone: sent, sent again, and typed. */
import { findAccountByIdentifier } from '../../accounts/store';
import { addSeconds, type Clock } from '../../clock';
import { addressBlock } from '../../http/client-address';
import { counting } from '../../http/limits';
import { enqueue } from '../../notifications/outbox';
import { smsLimits, type SmsCaps } from '../../notifications/sms/limits';
import type { Secrets } from '../../secrets';
import type { EphemeralStore } from '../../storage/ephemeral/port';
import type { Database, Queryable } from '../../storage/tables';
import { issueCode, tryCode } from '../../tokens/codes';
import { CODE_PAUSE, CODE_TTL, messageLocale, type Path, type Registration } from '../registration';
import { updateRegistration, type RegistrationChange } from '../store';

export interface PhoneCodeTools {
  db: Database;
  ephemeral: EphemeralStore;
  secrets: Secrets;
  clock: Clock;
  smsCaps: SmsCaps;
}

export interface CodeRequest {
  registration: Registration;
  path: Pick<Path, 'phoneIsName'>;
  /** E.164. */
  phone: string;
  /** The client's network address. */
  address: string;
  /** Saved together with the message. */
  change: RegistrationChange;
}

/** Whether the code that is on its way is still good. */
export function codeLives({ codeSentAt }: Registration, now: Date): boolean {
  return codeSentAt !== null && addSeconds(codeSentAt, CODE_TTL) > now;
}

/** Seconds until another code may be asked for. */
export function codeWait({ codeSentAt }: Registration, now: Date): number {
  if (codeSentAt === null) return 0;
  return Math.max(0, Math.ceil((addSeconds(codeSentAt, CODE_PAUSE).getTime() - now.getTime()) / 1000));
}

/** Saves the change and sends a code; `overtaken` when another tab was faster. @throws Refusal too_many_attempts */
export async function sendCode(
  tools: PhoneCodeTools,
  { registration, path, phone, address, change }: CodeRequest,
): Promise<'saved' | 'overtaken'> {
  const { db, secrets, clock } = tools;
  const now = clock.now();
  const write = async (trx: Queryable): Promise<'saved' | 'overtaken'> => {
    // Whose name the phone is learns of it; the page says the same as ever, and no code leads on.
    const owner = path.phoneIsName ? await findAccountByIdentifier(trx, phone) : undefined;
    const request = {
      purpose: 'prove_phone' as const,
      payload: { registration: registration.id, phone, untold: owner !== undefined },
      ttlSeconds: CODE_TTL,
    };
    const { id, code } = await issueCode(trx, secrets, request, clock);
    const all = { ...change, codeId: id, codeSentAt: now };
    // Two tabs that sent at once: one code goes out, the other is never told.
    if (!(await updateRegistration(trx, registration, all))) return 'overtaken';
    await enqueueCode(trx, tools, registration, phone, owner ? undefined : code);
    return 'saved';
  };
  const limits = smsLimits(tools.smsCaps, phone, addressBlock(address));
  return counting(tools.ephemeral, limits, () => db.transaction().execute(write));
}

async function enqueueCode(
  trx: Queryable,
  { secrets, clock }: PhoneCodeTools,
  registration: Registration,
  phone: string,
  code: string | undefined,
): Promise<void> {
  const common = {
    channel: 'sms' as const,
    to: phone,
    locale: messageLocale(registration),
    expiresAt: addSeconds(clock.now(), CODE_TTL),
  };
  await enqueue(
    trx,
    secrets,
    code === undefined
      ? { ...common, template: 'already_registered', values: {} }
      : { ...common, template: 'phone_code', values: { code } },
    clock,
  );
}

/** The registration with its phone proved, or what is wrong with the code. */
export async function provePhone(
  tools: PhoneCodeTools,
  registration: Registration,
  phone: string,
  code: string,
): Promise<Registration | string> {
  if (code.trim() === '') return 'code_required';
  const attempt = { purpose: 'prove_phone' as const, id: registration.codeId ?? '', code };
  const result = await tryCode(tools.db, tools.secrets, attempt, tools.clock);
  if (result.state === 'wrong' || (result.state === 'right' && result.payload.untold === true))
    return 'code_wrong';
  if (result.state === 'exhausted') return 'code_exhausted';
  // A code for another number, or of another registration, proves nothing here.
  if (
    result.state !== 'right' ||
    result.payload.phone !== phone ||
    result.payload.registration !== registration.id
  )
    return 'code_over';
  return (
    (await updateRegistration(tools.db, registration, { provedPhone: phone, locale: registration.locale })) ??
    'code_over'
  );
}
