/** R3: Redis is restarted empty, emptied and frozen while people sign in. It fails closed, and comes back by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createAgent } from '../support/agent';
import {
  authorizationRequest,
  openSignIn,
  redeemCode,
  refreshTokens,
  submitSignIn,
} from '../support/relying-party';
import { seededChance } from './chance';
import { holds, type Chaos } from './finding';
import { addGuests, openPremises, startFleet, type Guests, type Premises } from './fleet';
import { enter, noFault, recoveredAfter, seen, startVisitors, type Tokens, type Visits } from './visitors';

const VISITORS = 4;
const ROUNDS = 2;
const RECOVERY_BAR_SECONDS = 5;
const ANSWER_BAR_SECONDS = 4;
const FROZEN_MS = 10_000;

type Trial = (premises: Premises) => Promise<void>;

const TRIALS: Record<string, Trial> = {
  'killed and started again, empty': async ({ redis }) => {
    await redis.kill();
    await sleep(1000);
    await redis.restart();
  },
  emptied: async ({ redis }) => {
    const connection = new Redis(redis.url);
    await connection.flushall();
    connection.disconnect();
  },
  frozen: async ({ redis }) => {
    redis.freeze();
    await sleep(FROZEN_MS);
    redis.thaw();
  },
};

/** A code and a refresh token that were used, and the form of a sign-in that was sent. */
async function leaveBehind(issuer: string, guests: Guests) {
  const [person] = guests.people;
  if (!person) throw new Error('nobody is there');
  const tokens = await enter(issuer, guests, person);
  const party = createAgent(issuer);
  const renewed = await refreshTokens(party, guests.client, tokens.refresh);
  const agent = createAgent(issuer);
  const page = await openSignIn(agent, authorizationRequest(guests.client));
  await submitSignIn(agent, page, { ...person, password: 'не тот пароль' });
  return {
    tokens,
    live: String(renewed.json.refresh_token),
    formAgain: () => submitSignIn(agent, page, person),
  };
}

/** What was spent must not be worth anything again. */
async function spentAgain(issuer: string, guests: Guests, tokens: Tokens): Promise<string[]> {
  const party = createAgent(issuer);
  const code = await redeemCode(party, guests.client, tokens.verifier, tokens.code);
  const refresh = await refreshTokens(party, guests.client, tokens.refresh);
  return [code.status === 200 && 'a spent code', refresh.status === 200 && 'a spent refresh token'].filter(
    (one) => typeof one === 'string',
  );
}

/** Seconds until a wrong password is refused while Redis says nothing, and how. */
async function askFrozen(
  { redis, issuer }: Premises,
  guests: Guests,
): Promise<{ status: number; seconds: number }> {
  const agent = createAgent(issuer);
  const page = await openSignIn(agent, authorizationRequest(guests.client));
  const [person = { email: '', password: '' }] = guests.people;
  redis.freeze();
  const begun = performance.now();
  try {
    const { status } = await submitSignIn(agent, page, person);
    return { status, seconds: (performance.now() - begun) / 1000 };
  } finally {
    redis.thaw();
  }
}

export const redisFaults: Chaos = {
  about: 'Redis is restarted, emptied and frozen while people sign in',
  run: async ({ seed, note }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const { issuer } = premises;
    const guests = await addGuests(premises, VISITORS + 1);
    const fleet = await startFleet(premises);
    const pids = fleet.nodes.map(({ program }) => program.pid);
    const visits: Visits = startVisitors(issuer, { ...guests, people: guests.people.slice(1) }, VISITORS);
    const recoveries: string[] = [];
    const slow: string[] = [];
    const revived: string[] = [];
    const lost: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, trial] of Object.entries(TRIALS)) {
        await sleep(chance.between(500, 2000));
        const before = await leaveBehind(issuer, guests);
        await trial(premises);
        const since = performance.now();
        await sleep(RECOVERY_BAR_SECONDS * 1000);
        const seconds = recoveredAfter(visits, since);
        recoveries.push(`${name} ${seconds.toFixed(1)} s`);
        if (seconds > RECOVERY_BAR_SECONDS) slow.push(name);
        if ((await seen(before.formAgain())).status === 303) revived.push(`${name}: a captcha that was used`);
        // Ends the grant: it comes last. The token that nobody used lives before it does.
        if ((await refreshTokens(createAgent(issuer), guests.client, before.live)).status !== 200)
          lost.push(name);
        revived.push(...(await spentAgain(issuer, guests, before.tokens)).map((what) => `${name}: ${what}`));
        note(`Redis was ${name}: people again after ${seconds.toFixed(1)} s`);
      }
    }
    await visits.stop();
    const frozen = await askFrozen(premises, guests);
    return {
      figures: {
        'sign-ins': `${visits.arrivals.length}, ${visits.refusals.length} refused for a while`,
        'people again after': recoveries.join(', '),
        'a password while Redis says nothing': `${frozen.status} in ${frozen.seconds.toFixed(1)} s`,
      },
      invariants: [
        noFault(visits, fleet),
        holds(`people sign in again within ${RECOVERY_BAR_SECONDS} s`, slow),
        holds('refresh tokens survive', lost),
        holds('nothing that was spent is worth anything again', revived),
        holds('without Redis nobody is let in', [
          (frozen.status !== 503 || frozen.seconds > ANSWER_BAR_SECONDS) &&
            `${frozen.status}, ${frozen.seconds} s`,
        ]),
        holds('no node was restarted', [
          fleet.nodes.some(({ program }, index) => program.pid !== pids[index]) && 'another process',
        ]),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};
