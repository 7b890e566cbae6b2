/** Which kind of customer the person is, and the ОГРН where that kind has one. */
import { readOgrn } from '../../companies/identifiers';
import { accept, refuse, type FieldGroup } from './field-group';

export const customerFields: FieldGroup = {
  inputs: ['customer_kind', 'customer_ogrn'],
  check: ({ customer_kind: kind = '', customer_ogrn: typed = '' }, { customer }) => {
    if (!customer?.kinds.includes(kind)) return refuse({ customer_kind: 'customer_required' });
    // What another kind had told is forgotten.
    if (!customer.withOgrn?.includes(kind)) return accept({ customerKind: kind, ogrn: undefined });
    const ogrn = readOgrn(typed);
    return ogrn.problem === undefined
      ? accept({ customerKind: kind, ogrn: ogrn.value })
      : refuse({ customer_ogrn: ogrn.problem });
  },
  typedFrom: ({ customerKind = '', ogrn = '' }) => ({ customer_kind: customerKind, customer_ogrn: ogrn }),
  rows: ({ customerKind = '', ogrn, agency }) => [
    { label: 'customer', value: `register.customer.${customerKind}`, isKey: true },
    ...(ogrn === undefined ? [] : [{ label: 'ogrn', value: ogrn }]),
    ...(agency === undefined ? [] : [{ label: 'agency', value: agency }]),
  ],
};
