/** R2: both nodes are restarted, one after the other, again and again, under a steady load; nobody notices. */
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededChance } from './chance';
import { holds, quantile, type Chaos } from './finding';
import { addGuests, openPremises, startFleet, type Fleet } from './fleet';
import { recoveredAfter, startVisitors } from './visitors';

const SECONDS = 60;
const PER_SECOND = 50;
const VISITORS = 2;
/** The proxy takes a node up again after two checks, a second apart. */
const TAKEN_UP_MS = 2500;
const EXIT_BAR_SECONDS = 15;

interface Asked {
  failures: string[];
  waits: number[];
}

/** One request over kept connections; resolves with its status. */
function ask(issuer: string, path: string, agent: Agent): Promise<number> {
  const { hostname, port, host } = new URL(issuer);
  return new Promise((resolve, reject) => {
    const asked = request({ agent, hostname, port, path, headers: { host }, family: 4 }, (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => {
        resolve(answer.statusCode ?? 0);
      });
    });
    asked.setTimeout(10_000, () => asked.destroy(new Error('no answer in 10 s')));
    asked.once('error', reject);
    asked.end();
  });
}

/** So many requests a second, however fast they are answered. */
async function askSteadily(issuer: string, paths: readonly string[], agent: Agent): Promise<Asked> {
  const asked: Asked = { failures: [], waits: [] };
  const under: Promise<void>[] = [];
  const begun = performance.now();
  for (let number = 0; number < SECONDS * PER_SECOND; number += 1) {
    await sleep(Math.max(0, begun + (1000 * number) / PER_SECOND - performance.now()));
    const path = paths[number % paths.length] ?? '/';
    const sent = performance.now();
    const note = (failure?: string): void => {
      asked.waits.push(performance.now() - sent);
      if (failure !== undefined)
        asked.failures.push(`${((sent - begun) / 1000).toFixed(1)} s: ${path} ${failure}`);
    };
    under.push(
      ask(issuer, path, agent).then(
        (status) => note(status >= 500 || status === 0 ? String(status) : undefined),
        (error: unknown) => note(String(error)),
      ),
    );
  }
  await Promise.all(under);
  return asked;
}

interface Restarts {
  exits: { code: number | null; seconds: number }[];
  stop(): Promise<void>;
}

function restartInTurn(fleet: Fleet, pause: () => number): Restarts {
  let stopped = false;
  const exits: Restarts['exits'] = [];
  const run = async (): Promise<void> => {
    for (let turn = 0; !stopped; turn += 1) {
      const node = fleet.nodes[turn % 2 === 0 ? 0 : 1];
      const begun = performance.now();
      const code = await node.stop('SIGTERM');
      exits.push({ code, seconds: (performance.now() - begun) / 1000 });
      await node.start();
      await sleep(TAKEN_UP_MS + pause());
    }
  };
  const running = run();
  running.catch(() => undefined);
  return {
    exits,
    stop: () => {
      stopped = true;
      return running;
    },
  };
}

export const rollingRestart: Chaos = {
  about: `both nodes restart in turn for ${SECONDS} s under ${PER_SECOND} requests/s`,
  run: async ({ seed }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const guests = await addGuests(premises, VISITORS);
    const fleet = await startFleet(premises);
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const query = new URLSearchParams({
      client_id: guests.client.id,
      redirect_uri: guests.client.redirectUri,
      response_type: 'code',
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const paths = [
      '/.well-known/openid-configuration',
      '/jwks',
      `/auth?${query.toString()}`,
      '/',
      '/register',
    ];
    const visits = startVisitors(premises.issuer, guests, VISITORS);
    await sleep(1000);
    const restarts = restartInTurn(fleet, () => chance.between(0, 1000));
    const asked = await askSteadily(premises.issuer, paths, agent);
    await restarts.stop();
    const end = performance.now();
    await sleep(1000);
    await visits.stop();
    agent.destroy();
    const slow = restarts.exits.filter(({ seconds }) => seconds > EXIT_BAR_SECONDS);
    return {
      figures: {
        requests: `${asked.waits.length}, ${asked.failures.length} failed`,
        'one took': `p50 ${quantile(asked.waits, 0.5).toFixed(0)} ms, p99 ${quantile(asked.waits, 0.99).toFixed(0)} ms`,
        restarts: String(restarts.exits.length),
        'from signal to exit': `at most ${quantile(
          restarts.exits.map(({ seconds }) => seconds),
          1,
        ).toFixed(1)} s`,
        'sign-ins meanwhile': `${visits.arrivals.length}, ${visits.refusals.length} refused`,
      },
      invariants: [
        holds('no request failed', asked.failures),
        holds(
          'no sign-in was refused',
          visits.refusals.map(() => 'refused'),
        ),
        holds('no answer was a fault', visits.faults),
        holds('somebody could still sign in', [recoveredAfter(visits, end - 5000) === Infinity && 'nobody']),
        holds(
          'every node stopped in order',
          restarts.exits.filter(({ code }) => code !== 0).map(({ code }) => `exit code ${code}`),
        ),
        holds(
          `within ${EXIT_BAR_SECONDS} s`,
          slow.map(({ seconds }) => `${seconds.toFixed(1)} s`),
        ),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};
