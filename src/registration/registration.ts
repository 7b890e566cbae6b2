/**
 * A registration: one row from the first page to the proved address; it reserves nothing before that.
 * Which step comes next is computed from the saved facts, never chosen by the step before.
 */
import { takesCode } from '../accounts/phone-number';
import type { ChosenCompany } from '../companies/choose-company';
import type { AgreedVersion } from '../consents/consent';
import type { ToldLogin } from '../legacy-accounts/legacy-account';
import type { Row } from '../storage/tables';

export type Registration = Row<'registrations'>;

/** Whom a person speaks for, where the path asks it. */
export type ProfileKind = 'legal' | 'sole_proprietor' | 'person';

/** What the person told, as it is kept; each path asks a part of it. */
export interface Answers {
  /** Names of the forms that were accepted; absent: the first one. */
  told?: string[];
  familyName?: string;
  givenName?: string;
  middleName?: string | null;
  /** E.164. */
  phone?: string;
  email?: string;
  profile?: ProfileKind;
  inn?: string;
  kpp?: string | null;
  company?: ChosenCompany;
  /** Of the list of the path. */
  customerKind?: string;
  /** ИНН of a person who speaks for nobody else. */
  ownInn?: string;
  /** ОГРН of the agency, and its name where the directory has it. */
  ogrn?: string;
  agency?: string;
  /** Version and hash of each document that was accepted, and how. */
  consents: AnsweredConsent[];
  /** Login of the older portal, told on the second page. */
  legacy?: ToldLogin;
}

export interface AnsweredConsent extends AgreedVersion {
  address: string;
  userAgent: string;
  at: string;
}

/** A group of fields on a page; fields/index.ts says what each reads and checks. */
export type FieldName =
  | 'customer'
  | 'name'
  | 'short_name'
  | 'phone'
  | 'email'
  | 'unit'
  | 'profile'
  | 'password'
  | 'terms'
  | 'marketing'
  | 'captcha';

interface NamedStep {
  /** As in its address, `/register/<name>`, and in its title, `register.<name>.title`. */
  name: string;
  /** Another title, as a key of views/texts. */
  title?: string;
}

/** A page of fields. It may be opened again and told anew until there is an account. */
export interface FormStep extends NamedStep {
  kind: 'form';
  fields: readonly FieldName[];
}

/** Proves the phone by a code; asks for the password on the same page where `password` says so. */
export interface PhoneStep extends NamedStep {
  kind: 'phone';
  password?: true;
  legacyLogin?: true;
}

/** Shows everything once more before it is sent in. */
export interface ReviewStep extends NamedStep {
  kind: 'review';
}

/** Says what happens next, and takes the code of the mail that proves the address. */
export interface FinishStep extends NamedStep {
  kind: 'finish';
}

export type Step = FormStep | PhoneStep | ReviewStep | FinishStep;
export type StepKind = Step['kind'];

/** A path: the steps of one kind of registration, in order. A relying party names its paths. */
export interface Path {
  name: string;
  /** Each name once; the last one is of the kind `finish`, since every account has a proved address. */
  steps: readonly [...Step[], FinishStep];
  /** People sign in with the phone: one that has an account gets no code, and its owner is told. */
  phoneIsName?: true;
  /** An additional rule for passwords; the others hold as well. */
  passwordRule?: 'latin';
  customer?: {
    /** One is chosen by the person where the path has the field `customer`. */
    kinds: readonly string[];
    /** What stands without a choice, or is chosen beforehand. */
    usual?: string;
    /** Kinds that need an ОГРН. */
    withOgrn?: readonly string[];
  };
}

/** Paths by their names. */
export type Paths = Readonly<Record<string, Path>>;

/** Of a registration whose person has yet to say by which of several paths they go. */
export const UNCHOSEN = '';

/** What decides which step is due. */
interface Facts {
  path: Path;
  registration: Registration;
  phone: string | undefined;
  told: readonly string[];
}

const hasPassword = ({ submittedAt, passwordHash }: Registration): boolean =>
  submittedAt !== null || Boolean(passwordHash);

/** Whether this phone is to be proved by a code and has not been; no code comes to a landline. */
export function needsCode({ provedPhone }: Registration, phone: string | undefined): boolean {
  return provedPhone !== phone && (phone === undefined || takesCode(phone));
}

/** Whether a step still has something to ask. */
const NEEDED: { [Kind in StepKind]: (facts: Facts, step: Extract<Step, { kind: Kind }>) => boolean } = {
  form: ({ registration, told }, { name }) => registration.answers === null || !told.includes(name),
  phone: ({ registration, phone }, { password }) =>
    needsCode(registration, phone) || (password === true && !hasPassword(registration)),
  review: ({ registration }) => registration.submittedAt === null,
  finish: () => true,
};

function isNeeded(facts: Facts, step: Step): boolean {
  const needed = NEEDED[step.kind] as (facts: Facts, step: Step) => boolean;
  return needed(facts, step);
}

/**
 * The first step of the path that is still needed.
 * @param phone the phone of the answers, once there are any
 * @param told names of the forms that were accepted
 */
export function dueStep(
  path: Path,
  registration: Registration,
  phone: string | undefined,
  told: readonly string[] = path.steps.slice(0, 1).map(({ name }) => name),
): Step {
  const last = path.steps[path.steps.length - 1] as Step;
  // Once there is an account the answers are gone, and there is nothing left to ask.
  if (registration.accountId !== null) return last;
  const facts = { path, registration, phone, told };
  return path.steps.find((step) => isNeeded(facts, step)) ?? last;
}

/** The name of the step that is due. */
export function nextStep(path: Path, registration: Registration, phone: string | undefined): string {
  return dueStep(path, registration, phone).name;
}

export function findStep(path: Path, name: string): Step | undefined {
  return path.steps.find((step) => step.name === name);
}

/** The form that asks for these fields. */
export function formWith(path: Path, field: FieldName): FormStep | undefined {
  return path.steps.find((step): step is FormStep => step.kind === 'form' && step.fields.includes(field));
}

/** «1 / 3»: where a step stands in its path. */
export function stepNumber(path: Path, name: string): { number: number; of: number } {
  return { number: path.steps.findIndex((step) => step.name === name) + 1, of: path.steps.length };
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
