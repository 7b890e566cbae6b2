/** What was agreed to by the boxes of a page, as it is kept until there is an account. */
import { agreedVersion } from '../../consents/consent';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { tickedDocuments } from '../fields/agreements';
import type { Typed } from '../fields/field-group';
import type { RegistrationParts } from '../parts';
import type { AnsweredConsent, FormStep } from '../registration';

export async function agreedTo(
  { documents, clock }: RegistrationParts,
  ctx: Context,
  { fields }: FormStep,
  typed: Typed,
  form: Form,
): Promise<AnsweredConsent[]> {
  const facts = {
    address: ctx.state.address,
    userAgent: ctx.get('user-agent').slice(0, 300),
    at: clock.now().toISOString(),
  };
  const ticked = tickedDocuments(fields, typed);
  const current = (await documents.current()).filter(({ name }) => ticked.includes(name));
  // What stood beside the box is what was agreed to; where it has changed meanwhile, the first sign-in asks.
  const shown = current.map(
    async (document) =>
      (await documents.find(document.name, form[`${document.name}_version`] ?? '')) ?? document,
  );
  return (await Promise.all(shown)).map((document) => ({ ...agreedVersion(document), ...facts }));
}
