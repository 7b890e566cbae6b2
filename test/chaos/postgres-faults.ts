/**
 * R5: every connection of Postgres is terminated, a table is locked until no connection is left, and the server is away
 * for a while, while people sign in.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createAgent } from '../support/agent';
import { authorizationRequest, refreshTokens } from '../support/relying-party';
import { seededChance } from './chance';
import { holds, type Chaos } from './finding';
import { addGuests, openPremises, startFleet, type Fleet, type Guests, type Premises } from './fleet';
import { checkAudit } from './registration-checks';
import { enter, noFault, recoveredAfter, startVisitors } from './visitors';

const VISITORS = 4;
const ROUNDS = 3;
const AWAY_MS = 15_000;
const LOCKED_MS = 20_000;
/** At once, at each node: more than it has connections. */
const WAITING = 25;
const RECOVERY_BAR_SECONDS = 5;
const ANSWER_BAR_SECONDS = 3.5;
/** What needs no database is answered without one. */
const ALWAYS = ['/health/live', '/jwks', '/.well-known/openid-configuration'];

async function terminateAll({ postgres }: Premises): Promise<number> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  const { rowCount } = await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  await client.end();
  return rowCount ?? 0;
}

interface Away {
  /** Answers that should have been others, or came too late. */
  wrong: string[];
  slowest: number;
}

/** Asks each node, past the proxy, which has left them as not ready. */
async function askWhileAway(issuer: string, fleet: Fleet, guests: Guests): Promise<Away> {
  const away: Away = { wrong: [], slowest: 0 };
  const ask = async (path: string, port: number): Promise<{ status: number; patience: unknown }> => {
    const begun = performance.now();
    const { status, headers } = await createAgent(issuer).get(path, { port });
    away.slowest = Math.max(away.slowest, (performance.now() - begun) / 1000);
    return { status, patience: headers['retry-after'] };
  };
  for (const { port } of fleet.nodes) {
    for (const path of ALWAYS) {
      const { status } = await ask(path, port);
      if (status !== 200) away.wrong.push(`${path} ${status}`);
    }
    if ((await ask('/health/ready', port)).status !== 503) away.wrong.push('ready');
    for (const path of [authorizationRequest(guests.client).path, '/register']) {
      const { status, patience } = await ask(path, port);
      // What is kept in memory may be enough for the way to a page, never for the page.
      if (status !== 503 && status !== 303) away.wrong.push(`${path.slice(0, 20)} ${status}`);
      if (status === 503 && patience === undefined)
        away.wrong.push(`${path.slice(0, 20)} without Retry-After`);
    }
  }
  return away;
}

/** Keeps everybody from reading accounts; how to end that. */
async function lockAccounts({ postgres }: Premises): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  await client.query('begin');
  await client.query('lock table accounts in access exclusive mode');
  return () => client.end();
}

/** Asks for tokens, which needs the table, and for what needs no database, as long as the lock stands. */
async function askWhileLocked(
  issuer: string,
  fleet: Fleet,
  { client }: Guests,
  refresh: string,
): Promise<Away & { refused: number }> {
  const away = { wrong: [] as string[], slowest: 0, refused: 0 };
  const end = performance.now() + LOCKED_MS;
  const timed = async (
    what: string,
    expected: number,
    asking: Promise<{ status: number }>,
  ): Promise<void> => {
    const begun = performance.now();
    const { status } = await asking;
    away.slowest = Math.max(away.slowest, (performance.now() - begun) / 1000);
    if (status === expected) away.refused += Number(status === 503);
    else away.wrong.push(`${what} ${status}`);
  };
  const askOn = async (port: number): Promise<void> => {
    const agent = createAgent(issuer, { port });
    while (performance.now() < end) await timed('tokens', 503, refreshTokens(agent, client, refresh));
  };
  const askPublic = async (port: number): Promise<void> => {
    for (; performance.now() < end; await sleep(500))
      for (const path of ALWAYS) await timed(path, 200, createAgent(issuer).get(path, { port }));
  };
  await Promise.all(
    fleet.nodes.flatMap(({ port }) => [
      askPublic(port),
      ...Array.from({ length: WAITING }, () => askOn(port)),
    ]),
  );
  return away;
}

export const postgresFaults: Chaos = {
  about:
    'connections of Postgres are terminated, a table is locked, and it is restarted, while people sign in',
  run: async ({ seed, note }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const guests = await addGuests(premises, VISITORS);
    const fleet = await startFleet(premises);
    const visits = startVisitors(premises.issuer, guests, VISITORS);
    const slow: string[] = [];
    const recoveries: string[] = [];
    const recovered = async (name: string): Promise<void> => {
      const since = performance.now();
      await sleep(RECOVERY_BAR_SECONDS * 1000);
      const seconds = recoveredAfter(visits, since);
      recoveries.push(`${name} ${seconds.toFixed(1)} s`);
      if (seconds > RECOVERY_BAR_SECONDS) slow.push(name);
      note(`${name}: people again after ${seconds.toFixed(1)} s`);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      await sleep(chance.between(500, 2500));
      await recovered(`${await terminateAll(premises)} terminated`);
    }
    const [person] = guests.people;
    if (!person) throw new Error('nobody is there');
    const { refresh } = await enter(premises.issuer, guests, person);
    const unlock = await lockAccounts(premises);
    const locked = await askWhileLocked(premises.issuer, fleet, guests, refresh);
    await unlock();
    await recovered('unlocked');
    await premises.postgres.kill();
    const [away] = await Promise.all([
      sleep(2000).then(() => askWhileAway(premises.issuer, fleet, guests)),
      sleep(AWAY_MS),
    ]);
    await premises.postgres.restart();
    await recovered('restarted');
    await visits.stop();
    // The last rows are linked within seconds.
    await sleep(3000);
    return {
      figures: {
        'sign-ins': `${visits.arrivals.length}, ${visits.refusals.length} refused for a while`,
        'people again after': recoveries.join(', '),
        'beside a locked table': `${locked.refused} refused, the slowest after ${locked.slowest.toFixed(1)} s`,
        'slowest answer without Postgres': `${away.slowest.toFixed(1)} s`,
      },
      invariants: [
        noFault(visits, fleet),
        holds('without Postgres, what needs none is answered and the rest refused', away.wrong),
        holds('beside a locked table, too', locked.wrong),
        holds(
          `within ${ANSWER_BAR_SECONDS} s`,
          [away, locked].map(({ slowest }) => slowest > ANSWER_BAR_SECONDS && `${slowest.toFixed(1)} s`),
        ),
        holds(`people sign in again within ${RECOVERY_BAR_SECONDS} s`, slow),
        checkAudit(premises.command, premises.env),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};
