/** The person's own login name; empty takes it away. */
import { changeNames } from '../../accounts/change-account';
import { parseLoginName } from '../../accounts/login-name';
import { findProfile } from '../../accounts/store';
import { Refusal, type Problems } from '../../errors';
import type { Context } from '../../http/context';
import { reserve } from '../../http/limits';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { tellPerson } from '../tell';

const PATH = '/account/login';
const fresh = { fresh: true };
/** Tries in a day: whether a login name is taken has to be told. */
const TRIES = 20;
const DAY = 86_400;

export function addLogin(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(
    PATH,
    async (ctx, visitor) => {
      const profile = await findProfile(parts.db, visitor.accountId);
      show(parts, ctx, visitor, profile?.login ?? '');
    },
    fresh,
  );
  routes.post(PATH, (ctx, visitor) => change(parts, ctx, visitor), fresh);
}

async function change(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const { login: typed = '' } = parts.forms.read(ctx, formPurpose('login', visitor));
  const { accountId } = visitor;
  await reserve(parts.ephemeral, [{ key: `account:login:${accountId}`, max: TRIES, window: DAY }]);
  const login = typed.trim() === '' ? null : parseLoginName(typed);
  if (login === undefined) {
    show(parts, ctx, visitor, typed, { login: 'login_invalid' });
    return;
  }
  const person = await findProfile(parts.db, accountId);
  if (!person) throw new Refusal('not_found');
  // Somebody must be left who can sign in.
  if (login === null && !person.emailProved && !person.phoneProved) {
    show(parts, ctx, visitor, typed, { login: 'login_needed' });
    return;
  }
  const actor = `account:${accountId}`;
  const result = await changeNames(parts, accountId, { login }, actor, (trx) =>
    tellPerson(trx, parts, person, '/recovery', { template: 'login_changed', values: {} }),
  );
  if (result === 'name_taken') show(parts, ctx, visitor, typed, { login: 'login_taken' });
  else goTo(ctx, '/account/personal', 'login');
}

function show(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  typed: string,
  problems?: Problems,
): void {
  const formToken = forms.token(ctx, formPurpose('login', visitor));
  const values = { person: visitor.name, typed, formToken };
  render(ctx, { view: 'account/login', title: 'account.login.title', problems, values });
}
