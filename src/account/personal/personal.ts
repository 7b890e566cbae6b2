/** «Личная информация»: what the account says of the person, with a page to change each. */
import { fullName, type AccountProfile } from '../../accounts/account';
import { formatPhone } from '../../accounts/phone-number';
import type { Context } from '../../http/context';
import { doneNote, type AccountPage, type AccountParts, type Visitor } from '../parts';
import { getPerson } from '../person';
import { addEmail } from './email';
import { addLogin } from './login';
import { addName } from './name';
import { addPhone } from './phone';

export const PERSONAL = '/account/personal';
const NOTES = ['name', 'email', 'phone', 'login'] as const;

export const personalPage: AccountPage = {
  path: PERSONAL,
  name: 'personal',
  add: (routes, parts) => {
    routes.get(PERSONAL, (ctx, visitor) => show(parts, ctx, visitor));
    for (const add of [addName, addEmail, addPhone, addLogin]) add(routes, parts);
  },
};

async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const profile = await getPerson(parts, visitor);
  parts.render(ctx, {
    view: 'account/personal',
    title: 'account.pages.personal',
    values: { person: visitor.name, done: doneNote(ctx, NOTES), facts: facts(profile) },
  });
}

function facts(profile: AccountProfile) {
  const { email, emailProved, phone, phoneProved, login } = profile;
  return [
    { name: 'name', value: fullName(profile), proved: true },
    { name: 'email', value: email, proved: emailProved },
    { name: 'phone', value: phone && formatPhone(phone), proved: phoneProved },
    { name: 'login', value: login, proved: true },
  ];
}
