/** What a message is about, so that people can say which they want. Pure rules. */
import type { EmailTemplateName, SmsTemplateName } from './notifications';

export type TemplateName = EmailTemplateName | SmsTemplateName;

/** Those that a person may switch off; everything else is about the safety of the account, and always sent. */
export const CATEGORIES = ['decisions', 'colleagues', 'contracts'] as const;
export type Category = (typeof CATEGORIES)[number];

const TEMPLATES: Readonly<Record<Category, readonly TemplateName[]>> = {
  decisions: [
    'application_approved',
    'application_declined',
    'application_question',
    'application_expired',
    'power_accepted',
    'power_declined',
    'membership_suspended',
    'membership_restored',
    'membership_revoked',
    'company_activated',
    'contact_appointed',
  ],
  colleagues: ['application_received', 'application_answered', 'power_attached', 'applications_waiting'],
  contracts: ['contract_added', 'contract_gone'],
};

/** Undefined for what cannot be switched off. */
export function categoryOf(template: string): Category | undefined {
  return CATEGORIES.find((category) => TEMPLATES[category].some((name) => name === template));
}

/** `i•••@example.com`, `+7•••4567`: enough for the owner, little for anyone else. */
export function maskedAddress(to: string): string {
  const at = to.lastIndexOf('@');
  return at < 0 ? `${to.slice(0, 2)}•••${to.slice(-4)}` : `${[...to][0] ?? ''}•••${to.slice(at)}`;
}
