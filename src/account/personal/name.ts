/** ФИО. */
import { normalName, type PersonName } from '../../accounts/account';
import { findProfile, updateName } from '../../accounts/store';
import { recordEvent } from '../../audit/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { formPurpose, goTo, type AccountParts, type AccountRoutes, type Visitor } from '../parts';

const PATH = '/account/name';

export function addName(routes: AccountRoutes, parts: AccountParts): void {
  routes.get(PATH, async (ctx, visitor) => {
    const profile = await findProfile(parts.db, visitor.accountId);
    const { familyName = '', givenName = '', middleName = null } = profile ?? {};
    const typed = { family_name: familyName, given_name: givenName, middle_name: middleName ?? '' };
    show(parts, ctx, visitor, { ...typed, no_middle_name: middleName === null ? 'yes' : undefined });
  });
  routes.post(PATH, async (ctx, visitor) => {
    const form = parts.forms.read(ctx, formPurpose('name', visitor));
    const read = readName(form);
    if (read.problems) {
      show(parts, ctx, visitor, form, read.problems);
      return;
    }
    const at = parts.clock.now();
    const subject = `account:${visitor.accountId}`;
    const { address, requestId } = ctx.state;
    await parts.db.transaction().execute(async (trx) => {
      await updateName(trx, visitor.accountId, read.name, at);
      await recordEvent(trx, { event: 'name_changed', actor: subject, subject, address, requestId }, at);
    });
    goTo(ctx, '/account/personal', 'name');
  });
}

function readName(form: Form): { name: PersonName; problems?: undefined } | { problems: Problems } {
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

function show(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  typed: Form,
  problems?: Problems,
): void {
  const formToken = forms.token(ctx, formPurpose('name', visitor));
  const values = { person: visitor.name, typed, formToken };
  render(ctx, { view: 'account/name', title: 'account.name.title', problems, values });
}
