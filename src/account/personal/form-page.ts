/** What the pages of one form below «Личная информация» have in common: /account/<name>, its view, title and token. */
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { formPurpose, type AccountParts, type Visitor } from '../parts';

export type FormName = 'name' | 'email' | 'phone' | 'login';

export const formPath = (name: FormName): string => `/account/${name}`;

export interface ShownForm {
  /** What stands in the fields. */
  typed: Form;
  problems?: Problems;
  /** For the view, beside what every form has. */
  values?: Record<string, unknown>;
}

export function showForm(
  { forms, render }: AccountParts,
  ctx: Context,
  visitor: Visitor,
  name: FormName,
  { typed, problems, values }: ShownForm,
): void {
  render(ctx, {
    view: `account/${name}`,
    title: `account.${name}.title`,
    problems,
    form: { id: `${name}-form`, action: formPath(name) },
    values: {
      person: visitor.name,
      typed,
      formToken: forms.token(ctx, formPurpose(name, visitor)),
      ...values,
    },
  });
}

/** What was sent; undefined when only the language was chosen, and the page has been shown in it with all that was typed. */
export function readForm(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  name: FormName,
  values?: (typed: Form) => ShownForm['values'],
): Form | undefined {
  const form = parts.forms.read(ctx, formPurpose(name, visitor));
  if (!parts.locale.choose(ctx, form.lang)) return form;
  showForm(parts, ctx, visitor, name, { typed: form, values: values?.(form) });
  return undefined;
}
