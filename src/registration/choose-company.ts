/** Which company the person means: what a directory says, or the name typed where none has it. */
import type { CompanyFacts } from '../companies/company';
import type { Problems } from '../errors';
import type { CountedLookup } from './company/look-up';
import type { AnsweredCompany } from './registration';

export interface CompanyChoice {
  company?: AnsweredCompany;
  /** True when no directory has the company, so that the page asks for its name. */
  askName?: boolean;
  problems: Problems;
}

const CLOSED: readonly CompanyFacts['status'][] = ['liquidated', 'bankrupt'];
const LONGEST_NAME = 150;

export function isClosed(status: CompanyFacts['status']): boolean {
  return CLOSED.includes(status);
}

/** When no directory has it or none can answer, the registration goes on with the typed name. */
export function chooseCompany(lookup: CountedLookup, typedName: string): CompanyChoice {
  if (lookup.outcome === 'too_many') return { problems: { inn: 'company_too_many' } };
  if (lookup.outcome === 'found') {
    const { name, ogrn, status } = lookup.company;
    if (isClosed(status)) return { problems: { inn: 'company_closed' } };
    return { company: { name, ogrn, status, source: 'directory' }, problems: {} };
  }
  const name = typedName.normalize('NFC').replace(/\s+/g, ' ').trim().slice(0, LONGEST_NAME);
  if (!/\p{L}/u.test(name)) return { askName: true, problems: { company_name: 'company_name_required' } };
  return { company: { name, ogrn: null, status: null, source: 'person' }, askName: true, problems: {} };
}
