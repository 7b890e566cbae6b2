/**
 * R1: a node is killed while it answers one request of a registration, or of a sign-in; the next time the next
 * request. The person goes on at the other node, at the same step.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgent, type Agent } from '../support/agent';
import { seededChance, type Chance } from './chance';
import { checkCrowd } from './crowd';
import { holds, type Chaos } from './finding';
import { addGuests, openPremises, startFleet, type Fleet, type FleetNode } from './fleet';
import { register, type Story } from './registrant';
import { enter, Fault, NotNow } from './visitors';

/** Requests of one story that a node is killed at; a registration has about as many, a sign-in fewer. */
const REGISTRATION_STEPS = 12;
const SIGN_IN_STEPS = 6;
/** Longer than the way to the request at which the node is killed. */
const STEP_PATIENCE_MS = 15_000;
/** Nobody is asked to try more often: once without an answer, once anew. */
const TRIES = 3;

interface Trap {
  browser: (issuer: string) => Agent;
  /** Resolves when the node was killed and serves again; at once when the request never came. */
  closed(): Promise<void>;
  sprung: Promise<void>;
  isSprung(): boolean;
}

/** Sends the request of this number straight to a node, and kills the node while it answers. */
function setTrap(node: FleetNode, at: number, chance: Chance): Trap {
  let requests = 0;
  let killing: Promise<void> | undefined;
  let spring = (): void => undefined;
  const sprung = new Promise<void>((resolve) => {
    spring = resolve;
  });
  const kill = async (): Promise<void> => {
    await sleep(chance.between(0, 40));
    await node.stop('SIGKILL');
    await node.start();
  };
  const browser = (issuer: string): Agent => {
    const agent = createAgent(issuer);
    const send: Agent['send'] = (method, path, body, options = {}) => {
      requests += 1;
      if (requests !== at) return agent.send(method, path, body, options);
      const answer = agent.send(method, path, body, { ...options, port: node.port });
      killing = kill();
      spring();
      return answer;
    };
    return {
      cookies: agent.cookies,
      send,
      get: (path, options) => send('GET', path, undefined, options),
      post: (path, form, options) => send('POST', path, new URLSearchParams(form).toString(), options),
    };
  };
  return { browser, closed: async () => killing, sprung, isSprung: () => killing !== undefined };
}

export const eachStep: Chaos = {
  about: 'a node is killed at each step of a registration and of a sign-in',
  run: async ({ seed, note }) => {
    const chance = seededChance(seed);
    const premises = await openPremises();
    const guests = await addGuests(premises, SIGN_IN_STEPS);
    const fleet = await startFleet(premises);
    const registering: Promise<Story>[] = [];
    let sprung = 0;
    for (let at = 1; at <= REGISTRATION_STEPS; at += 1) {
      const trap = setTrap(victimOf(fleet, at), at, chance);
      const story = register(premises.issuer, premises.post, at, trap.browser);
      registering.push(story);
      // Whoever waits for a message whose sender was killed does so beside the next.
      await Promise.race([trap.sprung, story, sleep(STEP_PATIENCE_MS)]);
      await trap.closed();
      sprung += Number(trap.isSprung());
      note(`request ${at} of a registration`);
    }
    const stories = await Promise.all(registering);
    const lost: string[] = [];
    let tries = 0;
    for (let at = 1; at <= SIGN_IN_STEPS; at += 1) {
      const trap = setTrap(victimOf(fleet, at), at, chance);
      const person = guests.people[at - 1];
      const through = person && (await persist(() => enter(premises.issuer, guests, person, trap.browser)));
      tries += through?.tries ?? 0;
      if (through?.failure !== undefined) lost.push(`at request ${at}: ${through.failure}`);
      await trap.closed();
      sprung += Number(trap.isSprung());
      note(`a sign-in went through a kill at request ${at}`);
    }
    const crowd = await checkCrowd(premises, stories);
    const failures = stories.reduce((sum, story) => sum + story.failures, 0);
    return {
      figures: { ...crowd.figures, kills: String(sprung), 'tries of the sign-ins': String(tries) },
      invariants: [
        ...crowd.invariants,
        holds('everybody signed in', lost),
        // Its own request, and that of another who was at the same node at that moment.
        holds('a kill costs two requests at most', [
          failures > 2 * sprung && `${failures} for ${sprung} kills`,
        ]),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};

function victimOf({ nodes }: Fleet, round: number): FleetNode {
  return nodes[round % 2 === 0 ? 0 : 1];
}

async function persist(go: () => Promise<unknown>): Promise<{ tries: number; failure?: string }> {
  for (let tries = 1; ; tries += 1) {
    try {
      await go();
      return { tries };
    } catch (error) {
      if (error instanceof Fault || !(error instanceof NotNow) || tries === TRIES)
        return { tries, failure: String(error) };
      await sleep(300);
    }
  }
}
