/** R7 and R8: people register while the mail server, or the SMS gateway, fails in every way it can. */
import { setTimeout as sleep } from 'node:timers/promises';
import { enqueue } from '../../src/notifications/outbox';
import { loadConfig } from '../../src/config';
import { openFoundation } from '../../src/foundation';
import type { SmsFault } from '../support/sms';
import type { SmtpFault } from '../support/smtp';
import { seededChance, type Chance } from './chance';
import { checkCrowd, registerAll } from './crowd';
import { holds, quantile, type Chaos, type Findings } from './finding';
import { openPremises, startFleet, type Premises } from './fleet';
import { probe } from './visitors';

const PEOPLE = 60;
const PARALLEL = 15;
const FAULT_SECONDS = 6;
/** Seconds from the end of the faults until everything has come. */
const DELIVERY_BAR_SECONDS = 60;
/** By how much the middle one of many pages may take longer beside faults than before them. */
const SLOWER_BAR_MS = 20;
const ANSWER_BAR_MS = 3000;
const PROBED = '/register';
const POISON = 'nobody@example.test';

/** In an order of its own for each seed. */
function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  return all
    .map((one) => ({ one, at: chance.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

interface Faults<F> {
  faults: F[];
  fail: (fault: F | undefined) => Promise<void>;
  note: (line: string) => void;
}

interface Beside extends Findings {
  /** Milliseconds of performance.now(): the end of the last fault, and when everybody was done. */
  endedAt: number;
  deliveredAt: number;
}

/** Registers people while all is well, then everybody else while each fault lasts for some seconds. */
async function registerBeside<F>(premises: Premises, { faults, fail, note }: Faults<F>): Promise<Beside> {
  let endedAt = 0;
  const failing = async (): Promise<void> => {
    for (const fault of faults) {
      note(`fault: ${JSON.stringify(fault)}`);
      await fail(fault);
      await sleep(FAULT_SECONDS * 1000);
    }
    await fail(undefined);
    endedAt = performance.now();
    note('no fault any more');
  };
  const registering = registerAll(premises, { registrations: PEOPLE, parallel: PARALLEL }, note);
  const before = await probe(premises.issuer, PROBED, sleep(FAULT_SECONDS * 1000));
  const failed = failing();
  const beside = await probe(premises.issuer, PROBED, failed);
  const stories = await registering;
  const deliveredAt = performance.now();
  await failed;
  const crowd = await checkCrowd(premises, stories);
  const middle = [before, beside].map(({ waits }) => quantile(waits, 0.5));
  const [well = 0, ill = 0] = middle;
  const slowest = quantile(beside.waits, 1);
  return {
    ...{ endedAt, deliveredAt },
    figures: {
      ...crowd.figures,
      'a page before and beside faults': `p50 ${well.toFixed(0)} and ${ill.toFixed(0)} ms, p95 ${[
        before,
        beside,
      ]
        .map(({ waits }) => quantile(waits, 0.95).toFixed(0))
        .join(' and ')} ms`,
    },
    invariants: [
      ...crowd.invariants,
      holds('every page came', beside.wrong),
      holds(`a page takes ${SLOWER_BAR_MS} ms longer at most`, [
        ill - well > SLOWER_BAR_MS && `${(ill - well).toFixed(0)} ms`,
      ]),
      holds(`none takes longer than ${ANSWER_BAR_MS / 1000} s`, [
        slowest > ANSWER_BAR_MS && `${(slowest / 1000).toFixed(1)} s`,
      ]),
    ],
  };
}

/** A mail that can never be delivered, before all others. */
async function sendPoison({ env }: Premises): Promise<void> {
  const foundation = await openFoundation(loadConfig(env));
  try {
    const values = { name: 'Вымышленный', link: `${env.ISSUER}/set-password?token=none`, days: 3 };
    const message = { channel: 'email', to: POISON, template: 'set_password', locale: 'ru', values } as const;
    await enqueue(foundation.db, foundation.secrets, message, foundation.clock);
  } finally {
    await foundation.close();
  }
}

const SMTP_FAULTS: SmtpFault[] = ['refuse', 'transient', 'tarpit', 'drop', 'refuse'];

export const badMail: Chaos = {
  about: 'people register while the mail server refuses, defers, hangs and hangs up',
  run: async ({ seed, note }) => {
    const premises = await openPremises();
    const fleet = await startFleet(premises);
    const { mail } = premises.post;
    mail.failFor(POISON, 'permanent');
    await sendPoison(premises);
    const faults = shuffled(SMTP_FAULTS, seededChance(seed));
    const found = await registerBeside(premises, { faults, fail: (fault) => mail.fail(fault), note });
    const late = (found.deliveredAt - found.endedAt) / 1000;
    return {
      figures: { ...found.figures, 'everybody had their mail': `${late.toFixed(0)} s after the last fault` },
      invariants: [
        // Of all mails one was given up: the one that nobody can deliver.
        ...found.invariants.map(({ name, broken }) =>
          name === 'no mail was given up'
            ? holds(
                'no mail was given up but the impossible one',
                broken[0] === '1 dead' ? [] : ['not one', ...broken],
              )
            : { name, broken },
        ),
        holds(`delivered within ${DELIVERY_BAR_SECONDS} s`, [
          late > DELIVERY_BAR_SECONDS && `${late.toFixed(0)} s`,
        ]),
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};

const SMS_FAULTS: SmsFault[] = [
  { status: 500 },
  { status: 429 },
  'hang',
  { code: 9, about: 'request' },
  'drop',
];

export const badSms: Chaos = {
  about: 'people register while the SMS gateway fails, limits, hangs and refuses inside 200',
  run: async ({ seed, note }) => {
    const premises = await openPremises();
    const fleet = await startFleet(premises);
    const { sms } = premises.post;
    const faults = shuffled(SMS_FAULTS, seededChance(seed));
    const found = await registerBeside(premises, { faults, fail: (fault) => sms.fail(fault), note });
    return {
      figures: {
        ...found.figures,
        'calls of the gateway': `${sms.calls}, ${sms.accepted.length} accepted`,
      },
      invariants: [
        // A code that came too late is not sent, so a text message may be given up; no mail is.
        ...found.invariants,
        holds('nodes said nothing but their log', fleet.complaints()),
      ],
    };
  },
};
