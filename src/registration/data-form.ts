/** A page of fields sent in: what was typed becomes answers, or problems beside the fields. */
import { USUAL_RULES, type IdentifierRules } from '../accounts/policy/identifier-rules';
import type { Problems } from '../errors';
import { FIELDS } from './fields';
import type { Told, Typed } from './fields/field-group';
import { USUAL_FORM } from './paths';
import type { Answers, FieldName, Path } from './registration';

/** Which fields of which path. */
export interface AskedForm {
  path: Path;
  fields: readonly FieldName[];
  /** Absent: the usual ones. */
  rules?: IdentifierRules;
}

type Form = Readonly<Record<string, string | undefined>>;

const LONGEST = 200;

export function readTyped(form: Form, { fields }: Pick<AskedForm, 'fields'> = USUAL_FORM): Typed {
  const inputs = fields.flatMap((field) => FIELDS[field].inputs);
  return Object.fromEntries(inputs.map((name) => [name, (form[name] ?? '').slice(0, LONGEST)]));
}

/** The answers as they would be typed. */
export function typedFrom(answers: Answers, { fields }: Pick<AskedForm, 'fields'>): Typed {
  const typed = fields.map((field) => FIELDS[field].typedFrom(answers));
  return { ...readTyped({}, { fields }), ...Object.assign({}, ...typed) } as Typed;
}

/** Checks all fields together. */
export function checkTyped(
  typed: Typed,
  { path, fields, rules = USUAL_RULES }: AskedForm = USUAL_FORM,
): { data?: Told; problems: Problems } {
  const data: Told = {};
  const problems: Problems = {};
  for (const field of fields) {
    const checked = FIELDS[field].check(typed, path, rules);
    Object.assign(data, checked.told);
    Object.assign(problems, checked.problems);
  }
  return Object.keys(problems).length > 0 ? { problems } : { data, problems };
}
