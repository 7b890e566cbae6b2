/**
 * Values that every message is previewed and tested with: a template without a sample does not compile. They are as
 * long as real ones get, so that what fits with them fits.
 */
import type { EmailTemplates, Locale, SmsTemplates } from '../notifications/notifications';

export interface MessageSamples {
  email: EmailTemplates;
  sms: SmsTemplates;
}

const WORDS = {
  ru: {
    name: 'Александра Константиновна',
    applicant: 'Вымышленная-Длиннофамильная Александра Константиновна',
    company: 'ООО "Вымышленное транспортно-экспедиционное предприятие Северо-Запад"',
    comment: 'Доверенность читается плохо: приложите, пожалуйста, новую.',
    question: 'В каком отделе вы работаете и кто ваш руководитель?',
    day: '21 декабря 2026',
    why: 'Договор закончился.',
  },
  en: {
    name: 'Alexandra Konstantinovna',
    applicant: 'Fictional-Longname Alexandra Konstantinovna',
    company: 'Fictional Transport and Forwarding Company North-West LLC',
    comment: 'The power of attorney is hard to read: please attach a new one.',
    question: 'Which department do you work in, and who leads it?',
    day: '21 December 2026',
    why: 'The contract has ended.',
  },
} as const satisfies Record<Locale, Record<string, string>>;

const CODE = { code: '888888' };

/** @param issuer origin of the links */
export function messageSamples(locale: Locale, issuer: string): MessageSamples {
  const { name, applicant, company, comment, question, day, why } = WORDS[locale];
  const action = { name, link: `${issuer}/` };
  const link = { name, link: `${issuer}/sample?token=${'A'.repeat(43)}`, days: 3 };
  const inCompany = { ...action, company };
  const told = { number: '123456', date: day };
  const given = { right: 'acts_until', until: day } as const;
  const masked = 'a•••@example.com';
  return {
    email: {
      set_password: link,
      prove_email: { ...link, ...CODE },
      already_registered: link,
      recover_access: { ...link, ...CODE },
      recovery_blocked: action,
      recovery_by_operator: link,
      password_changed: action,
      password_changed_only: action,
      prove_new_email: { ...link, ...CODE },
      email_changed: { ...action, masked },
      email_changed_by_owner: { ...action, masked },
      phone_changed: { ...action, masked: '+7*18-23' },
      login_changed: action,
      account_closing: { ...action, day },
      account_closing_asked: { ...action, day },
      account_closing_undone: action,
      application_approved: { ...inCompany, ...given },
      application_declined: { ...inCompany, ...told, reasonCode: 'duplicate', comment },
      application_question: { ...inCompany, ...told, question },
      application_expired: { ...inCompany, ...told },
      power_accepted: { ...inCompany, ...given },
      power_declined: { ...inCompany, comment },
      membership_suspended: inCompany,
      membership_restored: inCompany,
      membership_revoked: inCompany,
      contact_appointed: inCompany,
      application_received: { ...inCompany, applicant },
      application_answered: { ...inCompany, applicant },
      power_attached: { ...inCompany, applicant },
      applications_waiting: { ...action, waiting: '128' },
      company_activated: inCompany,
      company_code: { ...inCompany, applicant, ...CODE },
      company_leave_code: { ...inCompany, applicant, ...CODE },
      company_added: inCompany,
      company_left: inCompany,
      contract_added: { ...action, number: '12345678901234' },
      contract_gone: { ...action, number: '12345678901234', why },
    },
    sms: {
      phone_code: CODE,
      already_registered: {},
      phone_change_code: CODE,
      recovery_code: CODE,
      password_changed: {},
    },
  };
}
