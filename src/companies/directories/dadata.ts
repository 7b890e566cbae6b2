/**
 * DaData.ru, an outside service over the registers ЕГРЮЛ and ЕГРИП. It is asked for at most 3 seconds and left alone
 * while it fails; nothing but the numbers of the company is told to it. Answers are kept: 24 hours those with a
 * company, 10 minutes those without.
 */
import { fingerprint } from '../../secrets';
import type { Json } from '../../storage/ephemeral/port';
import { createBreaker } from '../dadata/breaker';
import { createExchange } from '../dadata/exchange';
import { createMemory, secondsToMoscowMidnight } from '../dadata/memory';
import { askParty, type PartyFacts } from '../dadata/question';
import type { CompanyDirectory, CompanyLookup, CompanyQuery, Unavailability } from '../directory';
import type { DirectoryParts } from '../directory-parts';
import { isPersonInn } from '../identifiers';

const NAME = 'dadata';
const FOUND_TTL = 24 * 3600;
const ABSENT_TTL = 600;

/** @throws Error without DADATA_API_KEY. */
export function createDadataDirectory({ config, clock, store }: DirectoryParts): CompanyDirectory {
  const { dadataApiKey: key, dadataUrl } = config;
  if (key === undefined) throw new Error('DaData cannot be asked without DADATA_API_KEY');
  const exchange = createExchange(dadataUrl, { Accept: 'application/json', Authorization: `Token ${key}` });
  const breaker = createBreaker(clock, { failures: 5, rest: 30 });
  const memory = createMemory(store, clock);
  // Another key has a day's allowance of its own.
  const allowanceSpent = `spent:${fingerprint(key)}`;

  const ask = async (query: CompanyQuery, place: string): Promise<CompanyLookup> => {
    const { facts, reason } = await askParty(exchange, query);
    if (reason && reason !== 'daily_limit') breaker.failed();
    else breaker.succeeded();
    if (reason === 'daily_limit')
      await memory.keep(allowanceSpent, true, secondsToMoscowMidnight(clock.now()));
    if (reason) return unavailable(reason);
    const answer: KeptAnswer = { facts, at: clock.now().toISOString() };
    await memory.keep(place, answer, facts ? FOUND_TTL : ABSENT_TTL);
    return toLookup(answer);
  };

  return {
    name: NAME,
    find: async (given) => {
      const query = isPersonInn(given.inn) ? { inn: given.inn } : given;
      const place = `unit:${query.inn}:${query.kpp ?? ''}`;
      const kept = await memory.find(place);
      if (kept !== undefined) return toLookup(kept as KeptAnswer);
      if (await memory.find(allowanceSpent)) return unavailable('daily_limit');
      return breaker.admit() ? ask(query, place) : unavailable('resting');
    },
  };
}

/** As it lies in the ephemeral store. */
type KeptAnswer = { facts: (PartyFacts & Record<string, Json>) | null; at: string };

function toLookup({ facts, at }: KeptAnswer): CompanyLookup {
  if (!facts) return { outcome: 'absent' };
  return { outcome: 'found', company: { ...facts, source: NAME, checkedAt: new Date(at) } };
}

const unavailable = (reason: Unavailability): CompanyLookup => ({ outcome: 'unavailable', reason });
