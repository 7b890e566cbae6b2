/** One question to DaData with its deadline and its one retry, and what each kind of reply means. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompanyFacts } from '../company';
import type { CompanyQuery, Unavailability } from '../directory';
import { isLargestTaxpayerKpp, isPersonInn } from '../identifiers';
import type { Exchange, Reply } from './exchange';
import { chooseParty, readReply, toFacts } from './reply';

/** For both attempts together; the official client waits as long for one. */
const DEADLINE_MS = 3000;
const PAUSE_MS = 200;

export type PartyFacts = Omit<CompanyFacts, 'checkedAt' | 'source'>;

/** Null: there is no such company. */
export type Answer =
  { facts: PartyFacts | null; reason?: undefined } | { facts?: undefined; reason: Unavailability };

/** Asks, and asks once more where that may help and the deadline leaves time. */
export async function askParty(exchange: Exchange, query: CompanyQuery): Promise<Answer> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const first = await attempt(exchange, query, signal);
  if (!first.reason || !RETRIED.includes(first.reason) || !(await pause(signal))) return first;
  const second = await attempt(exchange, query, signal);
  // Out of time, what the service did say is the better reason.
  return second.reason === 'timeout' ? first : second;
}

/** A question changes nothing there, so a connection that broke (an idle one may just have been closed) is retried too. */
const RETRIED: readonly Unavailability[] = ['busy', 'failing', 'network'];

async function attempt(exchange: Exchange, query: CompanyQuery, signal: AbortSignal): Promise<Answer> {
  try {
    const reply = await exchange.post('/findById/party', bodyOf(query), signal);
    return reply ? answerOf(reply, query) : { reason: 'connection_limit' };
  } catch {
    return { reason: signal.aborted ? 'timeout' : 'network' };
  }
}

/** False when the deadline came first. */
async function pause(signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(PAUSE_MS, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

/** DaData filters by the unit's own КПП; a largest taxpayer's second one stands beside that of the head office. */
function bodyOf({ inn, kpp }: CompanyQuery): object {
  if (isPersonInn(inn)) return { query: inn, type: 'INDIVIDUAL' };
  const byUnit = kpp !== undefined && !isLargestTaxpayerKpp(kpp);
  return { query: inn, type: 'LEGAL', ...(byUnit ? { kpp } : { branch_type: ['MAIN'] }) };
}

function answerOf({ status, body }: Reply, query: CompanyQuery): Answer {
  if (status !== 200) return { reason: reasonOf(status, body) };
  const parties = readReply(body);
  if (!parties) return { reason: 'bad_answer' };
  const chosen = chooseParty(parties, query);
  if (!chosen) return { facts: null };
  const facts = toFacts(chosen);
  return facts ? { facts } : { reason: 'bad_answer' };
}

/** 403 stands for an unknown key as well; only the used-up day speaks of a disabled feature. */
const DAILY_LIMIT = /Feature '[^']*' disabled/;

function reasonOf(status: number, body: string): Unavailability {
  if (status === 403 && DAILY_LIMIT.test(body)) return 'daily_limit';
  if (status === 401 || status === 403) return 'refused';
  if (status === 429) return 'busy';
  return status >= 500 ? 'failing' : 'bad_answer';
}
