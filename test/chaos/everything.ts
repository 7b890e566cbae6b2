/** R17: Postgres, Redis and both nodes are killed at the same moment, and started again, while people register. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededChance } from './chance';
import { checkCrowd, registerAll } from './crowd';
import { holds, type Chaos } from './finding';
import { addGuests, openPremises, startFleet, type Fleet, type Premises } from './fleet';
import { noFault, recoveredAfter, startVisitors } from './visitors';

const PEOPLE = 120;
const PARALLEL = 10;
const RECOVERY_BAR_SECONDS = 60;

async function killEverything({ postgres, redis }: Premises, { nodes }: Fleet): Promise<void> {
  await Promise.all([postgres.kill(), redis.kill(), ...nodes.map((node) => node.stop('SIGKILL'))]);
}

/** Nodes before their stores: they have to wait, as after a power cut. */
async function startEverything({ postgres, redis }: Premises, { nodes }: Fleet): Promise<void> {
  await Promise.all([postgres.restart(), redis.restart()]);
  await Promise.all(nodes.map((node) => node.start()));
}

export const everything: Chaos = {
  about: 'Postgres, Redis and both nodes are killed together while people register and sign in',
  run: async ({ seed, note }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const guests = await addGuests(premises, 2);
    const fleet = await startFleet(premises);
    const visits = startVisitors(premises.issuer, guests, 2);
    let seconds = Infinity;
    const disturbance = async (): Promise<void> => {
      await sleep(chance.between(2000, 5000));
      await killEverything(premises, fleet);
      const since = performance.now();
      note('everything is dead');
      await sleep(chance.between(500, 2000));
      await startEverything(premises, fleet);
      note('everything is started again');
      while (recoveredAfter(visits, since) === Infinity && performance.now() - since < 90_000)
        await sleep(100);
      seconds = recoveredAfter(visits, since);
    };
    const [stories] = await Promise.all([
      registerAll(premises, { registrations: PEOPLE, parallel: PARALLEL }, note),
      disturbance(),
    ]);
    await visits.stop();
    const crowd = await checkCrowd(premises, stories);
    return {
      figures: { ...crowd.figures, 'people sign in again after': `${seconds.toFixed(1)} s` },
      invariants: [
        ...crowd.invariants,
        holds(`people sign in again within ${RECOVERY_BAR_SECONDS} s`, [
          seconds > RECOVERY_BAR_SECONDS && `${seconds} s`,
        ]),
        noFault(visits, fleet),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};
