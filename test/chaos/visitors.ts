/** People who sign in again and again while something is done to the product, and what they met. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgent, type Agent } from '../support/agent';
import type { TestPerson } from '../support/app';
import {
  authorizationRequest,
  follow,
  openSignIn,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';
import { holds } from './finding';
import type { Fleet, Guests } from './fleet';
import type { Invariant } from './registration-checks';

/** No answer, or one that says "not now" (502 is the proxy's word for a node that died). */
export class NotNow extends Error {}
/** An answer that no fault of the surroundings excuses. */
export class Fault extends Error {}

interface Answered {
  status: number;
}

/** Passes on what can be gone on with. @throws NotNow @throws Fault */
export async function seen<T extends Answered>(asked: Promise<T>): Promise<T> {
  const answer = await asked.catch((error: unknown) => {
    throw new NotNow(String(error));
  });
  if (answer.status === 503 || answer.status === 502) throw new NotNow(String(answer.status));
  if (answer.status >= 500) throw new Fault(String(answer.status));
  return answer;
}

export interface Tokens {
  code: string;
  verifier: ReturnType<typeof authorizationRequest>;
  refresh: string;
}

/** From the relying party to its tokens. @throws NotNow @throws Fault @throws Error when it ends elsewhere */
export async function enter(
  issuer: string,
  { client }: Guests,
  person: TestPerson,
  browser: (issuer: string) => Agent = createAgent,
): Promise<Tokens> {
  const agent = browser(issuer);
  const request = authorizationRequest(client);
  const page = await openSignIn(agent, request).catch((error: unknown) => {
    throw /: 5\d\d /.test(String(error)) && !/: 50[23] /.test(String(error))
      ? new Fault(String(error).slice(0, 200))
      : new NotNow(String(error).slice(0, 200));
  });
  await seen(Promise.resolve(page));
  const sent = await seen(submitSignIn(agent, page, person));
  const done = await seen(follow(agent, issuer, sent));
  const code = new URL(done.location ?? 'http://nowhere').searchParams.get('code');
  if (code === null) throw new NotNow(`the sign-in ended at ${done.status}`);
  const { json, status } = await seen(redeemCode(createAgent(issuer), client, request, code));
  if (status !== 200) throw new NotNow(`no tokens: ${status}`);
  return { code, verifier: request, refresh: String(json.refresh_token) };
}

export interface Visits {
  /** When somebody got through, in milliseconds of performance.now(). */
  arrivals: number[];
  /** When somebody was told "not now". */
  refusals: number[];
  faults: string[];
  /** Milliseconds that each request for the first page took, answered or not. */
  waits: number[];
  stop(): Promise<void>;
}

/** So many at once; whoever is refused tries again at once. */
export function startVisitors(issuer: string, guests: Guests, parallel: number): Visits {
  let stopped = false;
  const visits: Visits = {
    arrivals: [],
    refusals: [],
    faults: [],
    waits: [],
    stop: async () => {
      stopped = true;
      await Promise.all(visiting);
    },
  };
  const visit = async (person: TestPerson): Promise<void> => {
    const begun = performance.now();
    try {
      const { refresh } = await enter(issuer, guests, person);
      const { status } = await seen(refreshTokens(createAgent(issuer), guests.client, refresh));
      if (status !== 200) visits.faults.push(`a new refresh token is refused with ${status}`);
      visits.arrivals.push(performance.now());
    } catch (error) {
      if (error instanceof NotNow) visits.refusals.push(performance.now());
      else visits.faults.push(String(error));
      await sleep(200);
    }
    visits.waits.push(performance.now() - begun);
  };
  const visiting = Array.from({ length: parallel }, async (_, index) => {
    const person = guests.people[index % guests.people.length];
    while (person && !stopped) await visit(person);
  });
  return visits;
}

/** Nobody met a fault; if somebody did, what the nodes' logs say of it. */
export const noFault = ({ faults }: Visits, fleet: Fleet): Invariant =>
  holds('no answer was a fault', faults.length === 0 ? [] : [...faults, ...fleet.faults()]);

/** Seconds from a moment until somebody got through; Infinity if nobody did. */
export const recoveredAfter = ({ arrivals }: Visits, since: number): number =>
  ((arrivals.find((at) => at > since) ?? Infinity) - since) / 1000;

export interface Probe {
  /** Milliseconds that each request took. */
  waits: number[];
  /** Answers that were not 200. */
  wrong: string[];
}

/** A browser of its own network address each time: what one address may begin in an hour is bounded. */
export const strangerAt = (issuer: string, number: number): Agent =>
  createAgent(issuer, { from: `127.2.${Math.floor(number / 250) % 250}.${(number % 250) + 1}` });

/** Asks for a page again and again until `ended`. */
export async function probe(issuer: string, path: string, ended: Promise<unknown>): Promise<Probe> {
  const found: Probe = { waits: [], wrong: [] };
  let over = false;
  void ended.finally(() => (over = true));
  for (; !over; await sleep(100)) {
    const begun = performance.now();
    const status = await strangerAt(issuer, Math.floor(begun))
      .get(path)
      .then((answer) => answer.status)
      .catch(String);
    found.waits.push(performance.now() - begun);
    if (status !== 200) found.wrong.push(String(status));
  }
  return found;
}
