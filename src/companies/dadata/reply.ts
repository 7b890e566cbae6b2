/**
 * The reply to DaData's findById/party: only fields of the free tariff, as the published OpenAPI description of
 * version 4.1 has them. What else stands there (owners, phones, managers) is never read.
 */
import { z } from 'zod';
import { COMPANY_STATUSES, type CompanyFacts, type CompanyStatus } from '../company';
import { isPersonInn } from '../identifiers';
import type { CompanyQuery } from '../directory';

const text = z.string().nullish();

const party = z.object({
  value: text,
  data: z.object({
    type: z.enum(['LEGAL', 'INDIVIDUAL']),
    inn: z.string(),
    kpp: text,
    kpp_largest: text,
    ogrn: text,
    name: z.object({ short_with_opf: text, full_with_opf: text }).nullish(),
    branch_type: z.enum(['MAIN', 'BRANCH']).nullish(),
    address: z.object({ value: text, unrestricted_value: text }).nullish(),
    state: z.object({ status: z.string() }),
  }),
});

const envelope = z.object({ suggestions: z.array(z.unknown()) });

export type Party = z.infer<typeof party>;

/** The parties of a reply; undefined when it is not what DaData describes. */
export function readReply(body: string): Party[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const entries = envelope.safeParse(json).data?.suggestions;
  // One entry that we cannot read must not hide those that we can.
  const parties = entries?.flatMap((entry) => party.safeParse(entry).data ?? []);
  return entries && parties && parties.length === 0 && entries.length > 0 ? undefined : parties;
}

const nonEmpty = (...texts: (string | null | undefined)[]): string | undefined =>
  texts.find((candidate) => candidate?.trim())?.trim();

const isActive = ({ data }: Party): boolean => data.state.status === 'ACTIVE';
const isMain = ({ data }: Party): boolean => data.branch_type !== 'BRANCH';

/** The one party that was asked for: a living one before a dead one, without КПП only head offices. */
export function chooseParty(parties: readonly Party[], { inn, kpp }: CompanyQuery): Party | undefined {
  const asked = parties.filter(({ data }) => {
    if (data.inn !== inn) return false;
    if (isPersonInn(inn)) return true;
    return kpp === undefined || data.kpp === kpp || data.kpp_largest === kpp;
  });
  const candidates = kpp === undefined || isPersonInn(inn) ? asked.filter(isMain) : asked;
  const rank = (one: Party): number => (isActive(one) ? 2 : 0) + (isMain(one) ? 1 : 0);
  return candidates.toSorted((a, b) => rank(b) - rank(a))[0];
}

function statusOf({ data }: Party): CompanyStatus | undefined {
  const status = data.state.status.toLowerCase();
  return COMPANY_STATUSES.find((known) => known === status);
}

/** Undefined when the party has no name or a state that we do not know: nobody is let in on a guess. */
export function toFacts(found: Party): Omit<CompanyFacts, 'checkedAt' | 'source'> | undefined {
  const { data } = found;
  const fullName = nonEmpty(data.name?.full_with_opf, data.name?.short_with_opf, found.value);
  const name = nonEmpty(data.name?.short_with_opf, data.name?.full_with_opf, found.value);
  const status = statusOf(found);
  if (name === undefined || fullName === undefined || !status) return undefined;
  const legal = data.type === 'LEGAL';
  return {
    inn: data.inn,
    kpp: legal ? (nonEmpty(data.kpp) ?? null) : null,
    ogrn: nonEmpty(data.ogrn) ?? null,
    name,
    fullName,
    kind: legal ? 'legal' : 'sole_proprietor',
    status,
    branch: isMain(found) ? 'main' : 'branch',
    address: nonEmpty(data.address?.unrestricted_value, data.address?.value) ?? null,
  };
}
