/** ФИО. */
import { normalName, type PersonName } from '../../accounts/account';
import { updateName } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';
import { byThemselves, getPerson } from '../person';
import { formPath, readForm, showForm } from './form-page';

const PATH = formPath('name');

export function addName(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(PATH, async (ctx, visitor) => {
    const { familyName, givenName, middleName } = await getPerson(parts, visitor);
    const typed = {
      ...{ family_name: familyName, given_name: givenName, middle_name: middleName ?? '' },
      no_middle_name: middleName === null ? 'yes' : undefined,
    };
    showForm(parts, ctx, visitor, 'name', { typed });
  });
  routes.post(PATH, (ctx, visitor) => change(parts, ctx, visitor));
}

async function change(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const typed = readForm(parts, ctx, visitor, 'name');
  if (!typed) return;
  const { name, problems } = readName(typed);
  if (!name) return showForm(parts, ctx, visitor, 'name', { typed, problems });
  const at = parts.clock.now();
  await parts.db.transaction().execute(async (trx) => {
    await updateName(trx, visitor.accountId, name, at);
    await recordEvent(trx, { event: 'name_changed', ...byThemselves(ctx, visitor) }, at);
  });
  goTo(ctx, '/account/personal', 'name');
}

function readName(
  form: Form,
): { name: PersonName; problems?: undefined } | { name?: undefined; problems: Problems } {
  const problems: Problems = {};
  const read = (field: string): string => {
    const typed = form[field] ?? '';
    const name = normalName(typed);
    if (name === undefined) problems[field] = typed.trim() === '' ? `${field}_required` : 'name_letters';
    return name ?? '';
  };
  const name = {
    familyName: read('family_name'),
    givenName: read('given_name'),
    middleName: form.no_middle_name === 'yes' ? null : read('middle_name'),
  };
  return Object.keys(problems).length > 0 ? { problems } : { name };
}
