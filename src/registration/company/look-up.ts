/**
 * Who may ask the directories how often. Each look outside may cost money and counts against a daily quota, so
 * programs must not get to spend it: before the captcha everybody together has a share of the quota, afterwards each
 * registration has a limit of its own. When everybody together is over a limit people go on with a name of their own;
 * who is over their own limit waits, or a closed company would get in by asking often enough.
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
/** Looks into outside directories by everybody who has solved a captcha. */
export const OUTSIDE_A_DAY = 6000;
const BUSY: CompanyLookup = { outcome: 'unavailable', reason: 'busy' };

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
  // With the share for typing four fifths of that quota.
  outside: (): Limit[] => [{ key: 'company:outside', max: OUTSIDE_A_DAY, window: DAY }],
};

/** `too_many`: the one who asks is over their own limit. */
export type CountedLookup = CompanyLookup | { outcome: 'too_many' };

/** Asks all directories in their order, for somebody who has solved a captcha. */
export async function lookUp(tools: LookUpTools, unit: CompanyUnit, asker: Asker): Promise<CountedLookup> {
  if (!(await isWithin(tools, limits.human(asker)))) return { outcome: 'too_many' };
  const { directories } = tools;
  const outside = directories.findIndex(({ name }) => name !== OWN);
  const first = outside === -1 ? directories : directories.slice(0, outside);
  const known: CompanyLookup = first.length === 0 ? { outcome: 'absent' } : await find(first, unit);
  if (outside === -1 || known.outcome === 'found') return known;
  const rest = directories.slice(outside);
  if (await isWithin(tools, limits.outside())) return find(rest, unit);
  const own = await find(
    rest.filter(({ name }) => name === OWN),
    unit,
  );
  return own.outcome === 'found' ? own : BUSY;
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
  tools: LookUpTools,
  directories: readonly CompanyDirectory[],
  unit: CompanyUnit,
  counted: readonly Limit[],
): Promise<CompanyLookup> {
  return (await isWithin(tools, counted)) ? find(directories, unit) : BUSY;
}

const find = (directories: readonly CompanyDirectory[], { inn, kpp }: CompanyUnit): Promise<CompanyLookup> =>
  findCompany(directories, { inn, kpp: kpp ?? undefined });

async function isWithin({ ephemeral }: LookUpTools, counted: readonly Limit[]): Promise<boolean> {
  try {
    await reserve(ephemeral, counted);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'too_many_attempts') throw error;
    return false;
  }
}
