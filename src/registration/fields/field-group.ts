/** What a group of fields is: how its inputs are read, checked, shown again, and told back before they are sent in. */
import type { IdentifierRules } from '../../accounts/policy/identifier-rules';
import type { CompanyUnit } from '../../companies/identifiers';
import type { Problems } from '../../errors';
import type { Answers, Path } from '../registration';

/** Inputs by their names, as they were typed; empty where nothing was. */
export type Typed = Readonly<Record<string, string>>;

export type Told = Pick<
  Answers,
  | 'familyName'
  | 'givenName'
  | 'middleName'
  | 'phone'
  | 'email'
  | 'profile'
  | 'customerKind'
  | 'ownInn'
  | 'ogrn'
> & {
  /** The company is looked up only after all fields are sound. */
  unit?: CompanyUnit;
  /** What the person says its ОГРН or ОГРНИП is. */
  companyOgrn?: string;
};

export interface Checked {
  told: Told;
  problems: Problems;
}

export const accept = (told: Told): Checked => ({ told, problems: {} });
export const refuse = (problems: Problems): Checked => ({ told: {}, problems });

/** A line of the page that shows everything once more. */
export interface ReviewRow {
  /** Key of the label under `register.review`. */
  label: string;
  /** What was told, or the key of a text that says it. */
  value: string;
  isKey?: true;
}

export interface FieldGroup {
  inputs: readonly string[];
  check(typed: Typed, path: Path, rules: IdentifierRules): Checked;
  /** The answers as they would be typed. */
  typedFrom(answers: Answers): Record<string, string>;
  rows(answers: Answers): ReviewRow[];
}

/** For groups that have no input of their own, or whose inputs are neither kept nor shown again. */
export const KEEPS_NOTHING: FieldGroup = {
  inputs: [],
  check: () => ({ told: {}, problems: {} }),
  typedFrom: () => ({}),
  rows: () => [],
};
