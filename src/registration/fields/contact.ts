/** Phone and e-mail: each is proved before there is an account; a landline, to which no code comes, is not. */
import { parseEmail } from '../../accounts/email-address';
import { formatPhone, parsePhone } from '../../accounts/phone-number';
import { refusesEmail, refusesPhone } from '../../accounts/policy/identifier-rules';
import { accept, refuse, type FieldGroup } from './field-group';

export const phoneField: FieldGroup = {
  inputs: ['phone'],
  check: ({ phone: typed = '' }, { phoneIsName }, rules) => {
    const phone = parsePhone(typed);
    if (typed.trim() === '') return refuse({ phone: 'phone_required' });
    if (typeof phone === 'string') return refuse({ phone });
    // People sign in with it, so it must be shown to be theirs.
    const problem = refusesPhone(phoneIsName ? { ...rules, phoneLandlines: false } : rules, phone);
    return problem === undefined ? accept({ phone: phone.value }) : refuse({ phone: problem });
  },
  typedFrom: ({ phone }) => ({ phone: phone === undefined ? '' : formatPhone(phone) }),
  rows: ({ phone = '' }) => [{ label: 'phone', value: formatPhone(phone) }],
};

export const emailField: FieldGroup = {
  inputs: ['email'],
  check: ({ email: typed = '' }, _path, rules) => {
    const email = parseEmail(typed);
    if (!email) return refuse({ email: typed.trim() === '' ? 'email_required' : 'email_invalid' });
    const problem = refusesEmail(rules, email);
    return problem === undefined ? accept({ email: email.value }) : refuse({ email: problem });
  },
  typedFrom: ({ email = '' }) => ({ email }),
  rows: ({ email = '' }) => [{ label: 'email', value: email }],
};
