/** The person's own login name; empty takes it away. */
import { changeNames } from '../../accounts/change-account';
import { parseLoginName } from '../../accounts/login-name';
import type { Context } from '../../http/context';
import { reserve } from '../../http/limits';
import { goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { getPerson } from '../person';
import { tellPerson } from '../tell';
import { formPath, readForm, showForm } from './form-page';

const PATH = formPath('login');
const fresh = { fresh: true };
/** Tries in a day: whether a login name is taken has to be told. */
const TRIES = 20;
const DAY = 86_400;

export function addLogin(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(
    PATH,
    async (ctx, visitor) => {
      const { login } = await getPerson(parts, visitor);
      showForm(parts, ctx, visitor, 'login', { typed: { login: login ?? '' } });
    },
    fresh,
  );
  routes.post(PATH, (ctx, visitor) => change(parts, ctx, visitor), fresh);
}

async function change(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = readForm(parts, ctx, visitor, 'login');
  if (!typed) return;
  const again = (login: string): void =>
    showForm(parts, ctx, visitor, 'login', { typed, problems: { login } });
  const { accountId } = visitor;
  await reserve(parts.ephemeral, [{ key: `account:login:${accountId}`, max: TRIES, window: DAY }]);
  const login = typed.login?.trim() ? parseLoginName(typed.login) : null;
  if (login === undefined) return again('login_invalid');
  const person = await getPerson(parts, visitor);
  // Somebody must be left who can sign in.
  if (login === null && !person.emailProved && !person.phoneProved) return again('login_needed');
  const actor = `account:${accountId}`;
  const result = await changeNames(parts, accountId, { login }, actor, (trx) =>
    tellPerson(trx, parts, person, '/recovery', { template: 'login_changed', values: {} }),
  );
  if (result === 'name_taken') again('login_taken');
  else goTo(ctx, '/account/personal', 'login');
}
