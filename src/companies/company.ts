/**
 * Companies as the registers know them: legal entities with their branches, and sole proprietors. This folder owns
 * their numbers (identifiers.ts), the directories that are asked for them, and the table `company_directory` that
 * operators fill from a file. It does not own who belongs to a company, nor what an unknown one is called.
 */

export const COMPANY_STATUSES = ['active', 'liquidating', 'liquidated', 'bankrupt', 'reorganizing'] as const;
export type CompanyStatus = (typeof COMPANY_STATUSES)[number];

export type CompanyKind = 'legal' | 'sole_proprietor';

/** What a directory says of one unit: the head office, a branch, or a sole proprietor. */
export interface CompanyFacts {
  inn: string;
  /** Null for sole proprietors. Of a largest taxpayer this is the unit's own КПП, whichever one was asked for. */
  kpp: string | null;
  /** ОГРН, ОГРНИП, or the number that a foreign company's office has instead. */
  ogrn: string | null;
  /** Short, with its legal form: «ООО "Ромашка"». */
  name: string;
  fullName: string;
  kind: CompanyKind;
  status: CompanyStatus;
  branch: 'main' | 'branch';
  address: string | null;
  /** Name of the directory that says so. */
  source: string;
  /** When the directory learned it. */
  checkedAt: Date;
}
