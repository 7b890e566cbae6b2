/**
 * The directory port. A directory is one file of `directories/` and one line in its list; the setting
 * COMPANY_DIRECTORIES names those that are asked, in that order.
 */
import type { CompanyFacts } from './company';

export interface CompanyQuery {
  /** Checked by `readInn`. */
  inn: string;
  /** Checked by `readKpp`; absent for persons, and to ask for the head office. Not looked at when `inn` has 12 digits. */
  kpp?: string | undefined;
}

/** Why a directory has no answer. */
export type Unavailability =
  | 'bad_answer'
  | 'busy'
  | 'connection_limit'
  | 'daily_limit'
  | 'database'
  | 'failing'
  | 'network'
  | 'refused'
  | 'resting'
  | 'timeout';

export type CompanyLookup =
  | { outcome: 'found'; company: CompanyFacts }
  | { outcome: 'absent' }
  | { outcome: 'unavailable'; reason: Unavailability };

/** Rejects only by a fault of our own: a directory that cannot answer says `unavailable` within about 3 seconds. */
export interface CompanyDirectory {
  name: string;
  /** The unit with this ИНН and КПП; without КПП the person, or the company's head office. */
  find(query: CompanyQuery): Promise<CompanyLookup>;
}

/**
 * Asks one directory after the other until one has the company. `absent` only when every one of them answered:
 * else nobody knows, and whoever registers goes on with a name of their own that counts as unverified.
 */
export async function findCompany(
  directories: readonly CompanyDirectory[],
  query: CompanyQuery,
): Promise<CompanyLookup> {
  let nothing: CompanyLookup = { outcome: 'absent' };
  for (const directory of directories) {
    const lookup = await directory.find(query);
    if (lookup.outcome === 'found') return lookup;
    if (lookup.outcome === 'unavailable' && nothing.outcome === 'absent') nothing = lookup;
  }
  return nothing;
}
