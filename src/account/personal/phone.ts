/** Another phone: a code by SMS proves it, and only then it takes the place of the old one. */
import { changeNames } from '../../accounts/change-account';
import {
  countryOptions,
  formatPhone,
  maskPhone,
  parsePhone,
  readCountry,
  takesSms,
} from '../../accounts/phone-number';
import { findProfile } from '../../accounts/store';
import { addSeconds } from '../../clock';
import { Refusal, type Problems } from '../../errors';
import { addressBlock } from '../../http/client-address';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { reserve } from '../../http/limits';
import { enqueue } from '../../notifications/outbox';
import { smsLimits } from '../../notifications/sms/limits';
import { issueCode, tryCode } from '../../tokens/codes';
import { voidTokens } from '../../tokens/store';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { tellPerson } from '../tell';
import { limited } from './limited';

const PATH = '/account/phone';
const PROOF = `${PATH}/code`;
const CODE_TTL = 600;
const fresh = { fresh: true, back: PATH };

interface PendingPhone {
  phone: string;
  codeId: string;
}

const pendingKey = (accountId: string): string => `account:phone:${accountId}`;

export function addPhone(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(
    PATH,
    (ctx, visitor) => {
      show(parts, ctx, visitor, {});
    },
    fresh,
  );
  routes.post(PATH, (ctx, visitor) => ask(parts, ctx, visitor), fresh);
  routes.get(PROOF, (ctx, visitor) => showProof(parts, ctx, visitor));
  routes.post(PROOF, (ctx, visitor) => prove(parts, ctx, visitor), { back: PROOF });
}

async function findPending(
  { ephemeral }: AccountParts,
  { accountId }: Visitor,
): Promise<PendingPhone | undefined> {
  return (await ephemeral.find(pendingKey(accountId)))?.value as PendingPhone | undefined;
}

function show(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  typed: Form,
  problems?: Problems,
): void {
  render(ctx, {
    view: 'account/phone',
    title: 'account.phone.title',
    problems,
    values: {
      person: visitor.name,
      typed: typed.phone ?? '',
      country: readCountry(typed.country),
      countries: countryOptions(ctx.state.locale),
      formToken: forms.token(ctx, formPurpose('phone', visitor)),
    },
  });
}

/** The number, or what is wrong with it. */
function readPhone(form: Form): { value: string } | { problem: string } {
  if (!form.phone?.trim()) return { problem: 'phone_required' };
  const phone = parsePhone(form.phone, readCountry(form.country));
  if (typeof phone !== 'object') return { problem: phone };
  if (takesSms(phone)) return { value: phone.value };
  return { problem: phone.type === 'landline' ? 'phone_landline' : 'phone_not_personal' };
}

async function ask(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('phone', visitor));
  const phone = readPhone(form);
  const person = await findProfile(parts.db, visitor.accountId);
  if (!person) throw new Refusal('not_found');
  const same = 'value' in phone && person.phoneProved && person.phone === phone.value;
  if ('problem' in phone || same) {
    show(parts, ctx, visitor, form, { phone: 'problem' in phone ? phone.problem : 'phone_same' });
    return;
  }
  const problems = await limited(ctx, () => sendCode(parts, ctx, visitor, phone.value));
  if (problems) show(parts, ctx, visitor, form, problems);
  else goTo(ctx, PROOF);
}

async function sendCode(
  parts: AccountParts,
  ctx: Context,
  { accountId }: Visitor,
  phone: string,
): Promise<void> {
  const { clock, secrets, ephemeral, smsCaps } = parts;
  await reserve(ephemeral, smsLimits(smsCaps, phone, addressBlock(ctx.state.address)));
  const codeId = await parts.db.transaction().execute(async (trx) => {
    await voidTokens(trx, 'change_phone', accountId);
    const request = { purpose: 'change_phone', accountId, payload: { phone }, ttlSeconds: CODE_TTL } as const;
    const { id, code } = await issueCode(trx, secrets, request, clock);
    const expiresAt = addSeconds(clock.now(), CODE_TTL);
    const { locale } = ctx.state;
    const sms = { channel: 'sms', to: phone, template: 'phone_change_code', locale } as const;
    await enqueue(trx, secrets, { ...sms, values: { code }, expiresAt }, clock, accountId);
    return id;
  });
  await ephemeral.put(pendingKey(accountId), { phone, codeId }, CODE_TTL);
}

async function showProof(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  problems?: Problems,
): Promise<void> {
  const pending = await findPending(parts, visitor);
  if (!pending) {
    goTo(ctx, PATH);
    return;
  }
  const formToken = parts.forms.token(ctx, formPurpose('phone_code', visitor));
  const values = { person: visitor.name, kind: 'phone', target: formatPhone(pending.phone), formToken };
  parts.render(ctx, { view: 'account/proof', title: 'account.proof.phone.title', problems, values });
}

async function prove(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { code = '' } = parts.forms.read(ctx, formPurpose('phone_code', visitor));
  const problem = code.trim() === '' ? 'code_required' : await tryPhone(parts, visitor, code);
  if (problem !== undefined) return showProof(parts, ctx, visitor, { code: problem });
  await parts.ephemeral.delete(pendingKey(visitor.accountId));
  goTo(ctx, '/account/personal', 'phone');
}

/** What is wrong with the code; a phone that another account has proved stays theirs. */
async function tryPhone(parts: AccountParts, visitor: Visitor, code: string): Promise<string | undefined> {
  const { accountId } = visitor;
  const pending = await findPending(parts, visitor);
  const attempt = { purpose: 'change_phone' as const, id: pending?.codeId ?? '', code };
  const result = await tryCode(parts.db, parts.secrets, attempt, parts.clock);
  if (result.state === 'wrong') return 'code_wrong';
  if (result.state === 'exhausted') return 'code_exhausted';
  if (result.state !== 'right' || result.accountId !== accountId) return 'code_over';
  const value = String(result.payload.phone);
  const person = await findProfile(parts.db, accountId);
  if (!person) return 'code_over';
  const notice = { template: 'phone_changed', values: { masked: maskPhone(value) } } as const;
  const change = { phone: { value, proved: true } };
  const outcome = await changeNames(parts, accountId, change, `account:${accountId}`, (trx) =>
    tellPerson(trx, parts, person, '/recovery', notice),
  );
  return outcome === 'name_taken' ? 'new_phone_taken' : undefined;
}
