/** «Изменить пароль»: the old one, the new one twice. */
import { fullName, type AccountProfile } from '../../accounts/account';
import { METER_SCRIPTS } from '../../accounts/meter/password-meter';
import { endOtherSessions, endTokens } from '../../accounts/sessions/store';
import { findProfile, lockAccount, updatePassword } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import { defineCookie, KNOWN_BROWSER, readKnownBrowser } from '../../http/cookies';
import type { Form } from '../../http/forms';
import { reserve } from '../../http/limits';
import { voidAccountTokens } from '../../tokens/store';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';
import { byThemselves, getPerson } from '../person';
import { tellPassword } from '../tell';

const PATH = '/account/password';
const fresh = { fresh: true };

export const passwordPage: AccountPage = {
  path: PATH,
  name: 'password',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor), fresh);
    routes.post(PATH, (ctx, visitor) => change(parts, ctx, visitor), fresh);
  },
};

const contextWords = (person: AccountProfile): string[] =>
  [...fullName(person).split(' '), person.email, person.phone, person.login].filter((word) => word !== null);

async function show(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { problems, others = true }: { problems?: Problems; others?: boolean } = {},
): Promise<void> {
  const person = await getPerson(parts, visitor);
  parts.render(ctx, {
    view: 'account/password',
    title: 'account.pages.password',
    problems,
    form: { id: 'password-form', action: PATH },
    values: {
      person: visitor.name,
      name: person.email ?? person.phone ?? person.login,
      words: contextWords(person),
      others,
      done: doneNote(ctx, ['changed']),
      scripts: METER_SCRIPTS,
      formToken: parts.forms.token(ctx, formPurpose('password', visitor)),
    },
  });
}

async function change(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('password', visitor));
  const others = form.others === 'yes';
  // Passwords are not shown again.
  if (parts.locale.choose(ctx, form.lang)) return show(parts, ctx, visitor, { others });
  const person = await getPerson(parts, visitor);
  const problems = await formProblems(parts, form, person);
  if (Object.keys(problems).length > 0) return show(parts, ctx, visitor, { problems, others });
  if (!(await isRight(parts, ctx, person, form.old_password ?? '')))
    return show(parts, ctx, visitor, { problems: { old_password: 'old_password_wrong' }, others });
  const hash = await parts.passwords.hash(form.password ?? '');
  if (!(await setPassword(parts, ctx, visitor, { person, hash, others })))
    return show(parts, ctx, visitor, { problems: { old_password: 'old_password_wrong' }, others });
  goTo(ctx, PATH, 'changed');
}

async function formProblems(parts: AccountParts, form: Form, person: AccountProfile): Promise<Problems> {
  const problems: Problems = {};
  if (!form.old_password) problems.old_password = 'old_password_required';
  const problem = await newPasswordProblem(parts, form, person);
  if (problem) problems.password = problem;
  else if (form.password !== form.password_repeated) problems.password_repeated = 'passwords_differ';
  return problems;
}

async function newPasswordProblem(
  { passwordPolicy }: AccountParts,
  { password, old_password: old }: Form,
  person: AccountProfile,
): Promise<string | undefined> {
  if (!password) return 'password_required';
  if (password === old) return 'password_same';
  return passwordPolicy.problem(password, contextWords(person));
}

/** Counted with the wrong passwords of the sign-in page. @throws Refusal too_many_attempts */
async function isRight(
  parts: AccountParts,
  ctx: Context,
  { id, passwordHash }: AccountProfile,
  typed: string,
): Promise<boolean> {
  const knownBrowser = readKnownBrowser(id, defineCookie(parts.issuer, KNOWN_BROWSER).read(ctx));
  const limits = parts.passwordLimits({ name: id, knownBrowser, address: ctx.state.address });
  const reservation = await reserve(parts.ephemeral, limits);
  const right = await reservation.during(() => parts.passwords.verify(passwordHash, typed));
  if (right) await reservation.release();
  return right;
}

/** False when the password was changed elsewhere while this one was being looked at. */
async function setPassword(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { person, hash, others }: { person: AccountProfile; hash: string; others: boolean },
): Promise<boolean> {
  const at = parts.clock.now();
  const { accountId, sessionUid } = visitor;
  return parts.db.transaction().execute(async (trx) => {
    await lockAccount(trx, accountId);
    const current = await findProfile(trx, accountId);
    if (!current || current.passwordHash !== person.passwordHash) return false;
    await updatePassword(trx, accountId, hash, at);
    await voidAccountTokens(trx, accountId);
    if (others) {
      await endOtherSessions(trx, accountId, sessionUid, at);
      await endTokens(trx, accountId);
    }
    const details = { by: 'account', others };
    await recordEvent(trx, { event: 'password_set', ...byThemselves(ctx, visitor), details }, at);
    await tellPassword(trx, parts, current, others);
    return true;
  });
}
