/** Boxes: each document is agreed to by one of its own, and by nobody for somebody else. */
import type { DocumentName } from '../../consents/document';
import type { Problems } from '../../errors';
import type { FieldName } from '../registration';
import { KEEPS_NOTHING, type FieldGroup, type Typed } from './field-group';

const REQUIRED = { terms: 'terms_required', personal_data: 'personal_data_required' } as const;

export const termsBoxes: FieldGroup = {
  ...KEEPS_NOTHING,
  inputs: Object.keys(REQUIRED),
  check: (typed) => {
    const missing = Object.entries(REQUIRED).filter(([name]) => typed[name] !== 'yes');
    const problems: Problems = Object.fromEntries(missing);
    return { told: {}, problems };
  },
};

export const marketingBox: FieldGroup = { ...KEEPS_NOTHING, inputs: ['marketing'] };

const ASKED: Partial<Record<FieldName, readonly DocumentName[]>> = {
  terms: ['terms', 'personal_data'],
  marketing: ['marketing'],
};

/** Documents that stand on a page with these fields. */
export function askedDocuments(fields: readonly FieldName[]): DocumentName[] {
  return fields.flatMap((field) => ASKED[field] ?? []);
}

/** Those of them whose box was ticked. */
export function tickedDocuments(fields: readonly FieldName[], typed: Typed): DocumentName[] {
  return askedDocuments(fields).filter((name) => typed[name] === 'yes');
}
