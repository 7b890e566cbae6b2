/**
 * A registration is a row of its own, never a field of the interaction: mail is opened elsewhere and approval takes
 * days. This folder owns the wizard from the first page to the proved address; it reserves nothing before that.
 * Which step comes next is computed from the saved facts, never chosen by the step before.
 */
import type { CompanyStatus } from '../companies/company';
import type { AgreedVersion } from '../consents/consent';
import type { ToldLogin } from '../legacy-accounts/legacy-account';
import type { Row } from '../storage/tables';

export type Registration = Row<'registrations'>;

/** What the person told, as it is kept. */
export interface Answers {
  familyName: string;
  givenName: string;
  middleName: string | null;
  /** E.164. */
  phone: string;
  email: string;
  inn: string;
  kpp: string | null;
  company: AnsweredCompany;
  /** Version and hash of each document that was accepted, and how. */
  consents: AnsweredConsent[];
  /** Login of the older portal, told on the second page. */
  legacy?: ToldLogin;
}

export interface AnsweredCompany {
  name: string;
  ogrn: string | null;
  /** Typed by the person where no directory had the company. */
  source: 'directory' | 'person';
  status: CompanyStatus | null;
}

export interface AnsweredConsent extends AgreedVersion {
  address: string;
  userAgent: string;
  at: string;
}

export type StepName = 'data' | 'password' | 'finish';

/** A path: the steps of one kind of registration, in order. A relying party names its path. */
export interface Path {
  name: string;
  steps: readonly StepName[];
}

/** Whether a step still has something to ask. */
const NEEDED: Record<StepName, (registration: Registration, phone: string | undefined) => boolean> = {
  data: (registration) => registration.answers === null,
  password: (registration, phone) =>
    registration.submittedAt === null ||
    registration.provedPhone === null ||
    registration.provedPhone !== phone,
  finish: () => true,
};

/** The first step of the path that is still needed. @param phone the phone of the answers, once there are any */
export function nextStep(path: Path, registration: Registration, phone: string | undefined): StepName {
  // Once there is an account the answers are gone, and there is nothing left to ask.
  if (registration.accountId !== null) return 'finish';
  return path.steps.find((step) => NEEDED[step](registration, phone)) ?? 'finish';
}

/** «1 / 3»: where a step stands in its path. */
export function stepNumber(path: Path, step: StepName): { number: number; of: number } {
  return { number: path.steps.indexOf(step) + 1, of: path.steps.length };
}

/** Seconds until an unfinished registration is forgotten. */
export const REGISTRATION_TTL = 7 * 24 * 3600;
/** Seconds a code on the phone is good for. */
export const CODE_TTL = 600;
/** Seconds before another code may be asked for. */
export const CODE_PAUSE = 60;
/** Seconds a link that proves an address is good for. */
export const EMAIL_TTL = 3 * 24 * 3600;
/** Seconds the code in the mail is good for: mail may be slow, but six digits must not stand for days. */
export const EMAIL_CODE_TTL = 3600;
/** Seconds a solved captcha counts for the first page. */
export const HUMAN_TTL = 1800;

/** Whether this browser has solved a captcha for the first page a moment ago. */
export function isHuman({ humanAt }: Pick<Registration, 'humanAt'>, now: Date): boolean {
  return humanAt !== null && now.getTime() - humanAt.getTime() < HUMAN_TTL * 1000;
}

/** The language of a registration's messages. */
export const messageLocale = ({ locale }: Pick<Registration, 'locale'>): 'ru' | 'en' =>
  locale === 'en' ? 'en' : 'ru';
