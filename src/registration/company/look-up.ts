/**
 * Who may ask the directories how often. Each look outside may cost money and counts against a daily quota, so
 * programs must not get to spend it: before the captcha everybody together has a share of the quota, afterwards each
 * registration has a limit of its own. Whoever is over a limit goes on with a name of their own.
 */
import { Refusal } from '../../errors';
import { addressBlock } from '../../http/client-address';
import { reserve, type Limit } from '../../http/limits';
import { findCompany, type CompanyDirectory, type CompanyLookup } from '../../companies/directory';
import type { CompanyUnit } from '../../companies/identifiers';
import type { EphemeralStore } from '../../storage/ephemeral/port';

export interface LookUpTools {
  ephemeral: EphemeralStore;
  directories: readonly CompanyDirectory[];
}

/** Who asks: one registration, from one network address. */
export interface Asker {
  registration: string;
  address: string;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** The operator's own table: no quota, but not to be read out line by line either. */
const OWN = 'local';

const limits = {
  own: ({ registration, address }: Asker): Limit[] => [
    { key: `company:own:${registration}`, max: 60, window: HOUR },
    { key: `company:own:${addressBlock(address)}`, max: 600, window: HOUR },
  ],
  typing: ({ registration, address }: Asker): Limit[] => [
    { key: `company:typing:${registration}`, max: 5, window: HOUR },
    { key: `company:typing:${addressBlock(address)}`, max: 30, window: HOUR },
    // A fifth of the daily quota of DaData's free tariff.
    { key: 'company:typing', max: 2000, window: DAY },
  ],
  human: ({ registration, address }: Asker): Limit[] => [
    { key: `company:human:${registration}`, max: 30, window: HOUR },
    { key: `company:human:${addressBlock(address)}`, max: 300, window: HOUR },
  ],
};

/** Asks all directories, for somebody who has solved a captcha. */
export async function lookUp(tools: LookUpTools, unit: CompanyUnit, asker: Asker): Promise<CompanyLookup> {
  return ask(tools, tools.directories, unit, limits.human(asker));
}

/** Asks the operator's table, and the others only within the share that is there for people still typing. */
export async function lookUpEarly(
  tools: LookUpTools,
  unit: CompanyUnit,
  asker: Asker,
): Promise<CompanyLookup> {
  const own = tools.directories.filter(({ name }) => name === OWN);
  const others = tools.directories.filter(({ name }) => name !== OWN);
  const known: CompanyLookup =
    own.length === 0 ? { outcome: 'absent' } : await ask(tools, own, unit, limits.own(asker));
  if (known.outcome !== 'absent' || others.length === 0) return known;
  return ask(tools, others, unit, limits.typing(asker));
}

async function ask(
  { ephemeral }: LookUpTools,
  directories: readonly CompanyDirectory[],
  { inn, kpp }: CompanyUnit,
  counted: readonly Limit[],
): Promise<CompanyLookup> {
  try {
    await reserve(ephemeral, counted);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    return { outcome: 'unavailable', reason: 'busy' };
  }
  return findCompany(directories, { inn, kpp: kpp ?? undefined });
}
