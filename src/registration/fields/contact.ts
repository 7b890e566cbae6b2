/** Phone and e-mail: each is proved before there is an account. */
import { parseEmail } from '../../accounts/email-address';
import { formatPhone, parsePhone } from '../../accounts/phone-number';
import { accept, refuse, type FieldGroup } from './field-group';

function phoneProblem(typed: string): string | undefined {
  if (typed.trim() === '') return 'phone_required';
  const phone = parsePhone(typed);
  if (typeof phone === 'string') return phone;
  return phone.type === 'landline' ? 'phone_landline' : undefined;
}

export const phoneField: FieldGroup = {
  inputs: ['phone'],
  check: ({ phone: typed = '' }) => {
    const problem = phoneProblem(typed);
    const phone = parsePhone(typed);
    return problem === undefined && typeof phone === 'object'
      ? accept({ phone: phone.value })
      : refuse({ phone: problem ?? 'phone_invalid' });
  },
  typedFrom: ({ phone }) => ({ phone: phone === undefined ? '' : formatPhone(phone) }),
  rows: ({ phone = '' }) => [{ label: 'phone', value: formatPhone(phone) }],
};

export const emailField: FieldGroup = {
  inputs: ['email'],
  check: ({ email: typed = '' }) => {
    const email = parseEmail(typed);
    if (email) return accept({ email: email.value });
    return refuse({ email: typed.trim() === '' ? 'email_required' : 'email_invalid' });
  },
  typedFrom: ({ email = '' }) => ({ email }),
  rows: ({ email = '' }) => [{ label: 'email', value: email }],
};
