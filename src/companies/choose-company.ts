/** Which company a person means: what a directory says, or the name typed where none has it. */
import type { Problems } from '../errors';
import type { CompanyFacts, CompanyStatus } from './company';
import type { CompanyLookup } from './directory';

export interface ChosenCompany {
  name: string;
  ogrn: string | null;
  /** Typed by the person where no directory had the company. */
  source: 'directory' | 'person';
  status: CompanyStatus | null;
}

export interface CompanyChoice {
  company?: ChosenCompany;
  /** True when no directory has the company, so that the page asks for its name. */
  askName?: boolean;
  problems: Problems;
}

const CLOSED: readonly CompanyFacts['status'][] = ['liquidated', 'bankrupt'];
const LONGEST_NAME = 150;

export function isClosed(status: CompanyFacts['status']): boolean {
  return CLOSED.includes(status);
}

/**
 * When no directory has it or none can answer, the person goes on with the typed name.
 * @param lookup `too_many`: the one who asks is over a limit of their own
 */
export function chooseCompany(
  lookup: CompanyLookup | { outcome: 'too_many' },
  typedName: string,
): CompanyChoice {
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
