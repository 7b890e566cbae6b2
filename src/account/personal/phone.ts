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
import { refusesPhone, takesCountry, type IdentifierRules } from '../../accounts/policy/identifier-rules';
import { addSeconds } from '../../clock';
import type { Problems } from '../../errors';
import { addressBlock } from '../../http/client-address';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { counting } from '../../http/limits';
import { enqueue } from '../../notifications/outbox';
import { smsLimits } from '../../notifications/sms/limits';
import { issueCode, tryCode } from '../../tokens/codes';
import { voidTokens } from '../../tokens/store';
import { limited } from '../limited';
import { goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { getPerson } from '../person';
import { tellPerson } from '../tell';
import { formPath, readForm, showForm, type ShownForm } from './form-page';
import { addProof } from './proof';

const PATH = formPath('phone');
const CODE_TTL = 600;
const fresh = { fresh: true, back: PATH };

interface PendingPhone {
  phone: string;
  codeId: string;
  /** Milliseconds. */
  sentAt: number;
}

const pendingKey = (accountId: string): string => `account:phone:${accountId}`;

export function addPhone(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(
    PATH,
    (ctx, visitor) => {
      showForm(parts, ctx, visitor, 'phone', { typed: {}, values: countries(parts, ctx, {}) });
    },
    fresh,
  );
  routes.post(PATH, (ctx, visitor) => ask(parts, ctx, visitor), fresh);
  addProof(routes, parts, {
    kind: 'phone',
    find: async (visitor) => {
      const pending = await findPending(parts, visitor);
      return (
        pending && {
          ...{ target: formatPhone(pending.phone), codeId: pending.codeId },
          sentAt: new Date(pending.sentAt),
        }
      );
    },
    resend: async (ctx, visitor) => {
      const pending = await findPending(parts, visitor);
      if (pending) await sendCode(parts, ctx, visitor, pending.phone);
    },
    prove: async (_ctx, visitor, code) => {
      const problem = code.trim() === '' ? 'code_required' : await tryPhone(parts, visitor, code);
      if (problem === undefined) await parts.ephemeral.delete(pendingKey(visitor.accountId));
      return problem;
    },
  });
}

async function findPending(
  { ephemeral }: AccountParts,
  { accountId }: Visitor,
): Promise<PendingPhone | undefined> {
  return (await ephemeral.find(pendingKey(accountId)))?.value as PendingPhone | undefined;
}

function countries({ identifierRules }: AccountParts, ctx: Context, form: Form): ShownForm['values'] {
  const listed = countryOptions(ctx.state.locale);
  return {
    country: readCountry(form.country),
    countries: listed.filter(({ country }) => takesCountry(identifierRules, country)),
  };
}

/** The number, or what is wrong with it. */
function readPhone(rules: IdentifierRules, form: Form): { value: string } | { problem: string } {
  if (!form.phone?.trim()) return { problem: 'phone_required' };
  const phone = parsePhone(form.phone, readCountry(form.country));
  if (typeof phone !== 'object') return { problem: phone };
  const problem = refusesPhone({ ...rules, phoneLandlines: false }, phone);
  if (problem) return { problem };
  return takesSms(phone) ? { value: phone.value } : { problem: 'phone_not_personal' };
}

async function ask(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = readForm(parts, ctx, visitor, 'phone', (typed) => countries(parts, ctx, typed));
  if (!form) return;
  const phone = readPhone(parts.identifierRules, form);
  const person = await getPerson(parts, visitor);
  const same = 'value' in phone && person.phoneProved && person.phone === phone.value;
  const again = (problems: Problems): void =>
    showForm(parts, ctx, visitor, 'phone', { typed: form, problems, values: countries(parts, ctx, form) });
  if ('problem' in phone || same) return again({ phone: 'problem' in phone ? phone.problem : 'phone_same' });
  const problem = await limited(ctx, () => sendCode(parts, ctx, visitor, phone.value));
  if (problem) again({ form: problem });
  else goTo(ctx, `${PATH}/code`);
}

async function sendCode(
  parts: AccountParts,
  ctx: Context,
  { accountId }: Visitor,
  phone: string,
): Promise<void> {
  const { clock, secrets, ephemeral, smsCaps } = parts;
  const limits = smsLimits(smsCaps, phone, addressBlock(ctx.state.address));
  const codeId = await counting(ephemeral, limits, () =>
    parts.db.transaction().execute(async (trx) => {
      await voidTokens(trx, 'change_phone', accountId);
      const request = {
        purpose: 'change_phone',
        accountId,
        payload: { phone },
        ttlSeconds: CODE_TTL,
      } as const;
      const { id, code } = await issueCode(trx, secrets, request, clock);
      const expiresAt = addSeconds(clock.now(), CODE_TTL);
      const { locale } = ctx.state;
      const sms = { channel: 'sms', to: phone, template: 'phone_change_code', locale } as const;
      await enqueue(trx, secrets, { ...sms, values: { code }, expiresAt }, clock, accountId);
      return id;
    }),
  );
  const pending: PendingPhone = { phone, codeId, sentAt: clock.now().getTime() };
  await ephemeral.put(pendingKey(accountId), { ...pending }, CODE_TTL);
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
  const person = await getPerson(parts, visitor);
  const notice = { template: 'phone_changed', values: { masked: maskPhone(value) } } as const;
  const change = { phone: { value, proved: true } };
  const outcome = await changeNames(parts, accountId, change, `account:${accountId}`, (trx) =>
    tellPerson(trx, parts, person, '/recovery', notice),
  );
  return outcome === 'name_taken' ? 'new_phone_taken' : undefined;
}
