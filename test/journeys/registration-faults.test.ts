/** Registering while the SMS gateway, the mail server or the directory of companies fails: nobody is kept, nothing is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';
import { movableClock } from '../support/clock';
import { DADATA_KEY, startDadata, type DadataFault, type DadataStandIn } from '../support/dadata';
import { until } from '../support/processes';
import { CREDENTIALS, openSmsStandIn, type SmsFault, type SmsStandIn } from '../support/sms';
import { openSmtpSink, type SmtpFault, type SmtpSink } from '../support/smtp';
import {
  dataOf,
  NEW_PASSWORD,
  newRegistrant,
  pressLink,
  ROOMY,
  startWizard,
  type Registrant,
} from '../registration/wizard';

const WORDS = { password: NEW_PASSWORD, password_repeated: NEW_PASSWORD };

let sms: SmsStandIn;
let mail: SmtpSink;
let dadata: DadataStandIn;
let product: TestProduct;
const clock = movableClock(new Date());

beforeAll(async () => {
  [sms, mail, dadata] = await Promise.all([openSmsStandIn('smsc'), openSmtpSink(), startDadata()]);
  const env = {
    ...ROOMY,
    SMS_GATEWAY: 'smsc',
    SMSC_URL: sms.origin,
    SMSC_RESERVE_URL: sms.origin,
    SMSC_API_KEY: CREDENTIALS.apiId,
    SMTP_URL: mail.url,
    COMPANY_DIRECTORIES: 'local,dadata',
    DADATA_URL: dadata.url,
    DADATA_API_KEY: DADATA_KEY,
  };
  product = await startProduct('postgres', { clock, env });
});
afterAll(async () => {
  await product.close();
  await Promise.all([sms.close(), mail.close(), dadata.close()]);
});

// One test's rows are newer than those before; and a directory that rests after failures is asked again.
beforeEach(() => clock.advance(31));

const wizardFor = () => startWizard(product.app, product.issuer, createAgent(product.issuer));
/** Seconds: a page on a busy machine has answered by then, one that waits for a service which hangs has not. */
const PATIENCE = 8;
const timed = async <T>(work: Promise<T>): Promise<{ answer: T; seconds: number }> => {
  const begun = performance.now();
  const answer = await work;
  return { answer, seconds: (performance.now() - begun) / 1000 };
};
/** Rows of the outbox, newest first. */
const messages = (channel: 'sms' | 'email') =>
  product.app.db
    .selectFrom('outbox')
    .selectAll()
    .where('channel', '=', channel)
    .orderBy('createdAt', 'desc')
    .execute();
const textsTo = ({ phone }: Registrant) => sms.accepted.filter(({ to }) => to === phone.slice(1));
const mailsTo = ({ email }: Registrant) => mail.mails.filter(({ recipients }) => recipients.includes(email));

describe('the SMS gateway', () => {
  const faults: [string, SmsFault][] = [
    ['answers 500', { status: 500 }],
    ['hangs', 'hang'],
    ['says no inside HTTP 200', { code: 8, about: 'number' }],
    ['takes the message and hangs up', 'accept_then_drop'],
  ];

  it.each(faults)('%s: the page comes at once, and another code may be asked for', async (_, fault) => {
    const person = newRegistrant();
    const wizard = wizardFor();
    await sms.fail(fault);
    const before = sms.calls;
    const { answer: page, seconds } = await timed(wizard.send('data', dataOf(person)));
    expect(page.body).toContain('2 / 3 Создание пароля');
    expect(page.body).toContain('Отправить код ещё раз');
    expect(seconds).toBeLessThan(3);
    await until('the message to be given up', async () => (await messages('sms'))[0]?.status === 'dead');
    expect(sms.calls - before).toBe(1);

    await sms.fail(undefined);
    const lost = textsTo(person).length;
    clock.advance(30);
    expect((await wizard.send('password', { action: 'resend' })).body).toMatch(/через\s+\d+\s*с/);
    clock.advance(31);
    await wizard.send('password', { action: 'resend' });
    await until('another code', () => textsTo(person).length > lost);
    expect(sms.calls - before).toBe(2);
    const [, code = ''] = /(\d{6})/.exec(textsTo(person).at(-1)?.text ?? '') ?? [];
    expect((await wizard.send('password', { ...WORDS, code })).body).toContain('3 / 3');
  });

  it('got no message twice, however long it took', async () => {
    clock.advance(600);
    const before = sms.calls;
    // A message that comes after the others: whatever else were due would have gone with it.
    const person = newRegistrant();
    await wizardFor().send('data', dataOf(person));
    await until('the message', () => textsTo(person).length > 0);
    expect(sms.calls - before).toBe(1);
    const sent = sms.accepted.map(({ to, text }) => `${to} ${text}`);
    expect(new Set(sent).size).toBe(sent.length);
  });
});

describe('the mail server', () => {
  const faults: [string, SmtpFault][] = [
    ['refuses connections', 'refuse'],
    ['says 451', 'transient'],
    ['never answers', 'tarpit'],
    ['hangs up after the text', 'drop'],
  ];

  it.each(faults)(
    '%s: no page waits for it, and the mail comes later, once',
    async (_, fault) => {
      const person = newRegistrant();
      const wizard = wizardFor();
      await wizard.send('data', dataOf(person));
      const code = await wizard.code(person);
      // A mail of another test that met the fault first would make this one wait.
      await until('earlier mails', async () =>
        (await messages('email')).every(({ status }) => status === 'sent'),
      );
      await mail.fail(fault);
      const { answer: page, seconds } = await timed(wizard.send('password', { ...WORDS, code }));
      expect(page.body).toContain('3 / 3 Подтверждение доступа');
      expect(page.body).toContain(person.email);
      expect(seconds).toBeLessThan(2);
      const newest = async () => (await messages('email'))[0];
      await until(
        'a try',
        async () => (await newest())?.leasedUntil !== null || (await newest())?.lastError !== null,
      );
      if (fault === 'drop') await until('the text', () => mail.dropped.length > 0);
      expect(mailsTo(person)).toEqual([]);

      // The server comes up again: connections that hung are gone.
      await mail.fail('refuse');
      await mail.fail(undefined);
      await until('the try to end', async () => (await newest())?.leasedUntil === null);
      // What the worker made of the try is reckoned from the time before.
      await sleep(50);
      clock.advance(60);
      await until('the mail', () => mailsTo(person).length > 0);
      const [received] = mailsTo(person);
      expect(received?.mail.messageId).toBe(`<${(await newest())?.id}@localhost>`);
      for (const dropped of mail.dropped) expect(dropped.mail.messageId).toBe(received?.mail.messageId);
      const link = /https?:\S+\/prove-email\?\S+/.exec(received?.mail.text ?? '')?.[0] ?? '';
      const proved = await pressLink(
        createAgent(product.issuer),
        product.issuer,
        link.slice(product.issuer.length),
      );
      expect(proved.body).toContain('Почта подтверждена');
      expect(mailsTo(person).filter(({ mail: { text } }) => text?.includes('/prove-email?'))).toHaveLength(1);
    },
    40_000,
  );
});

describe('the directory of companies', () => {
  const nameSource = (inn: string) =>
    product.app.db.selectFrom('companies').select(['name', 'nameSource']).where('inn', '=', inn).execute();

  it('is slow: the company is found all the same', async () => {
    const inn = '7800000108';
    dadata.parties.push({
      type: 'LEGAL',
      inn,
      kpp: '780001001',
      short_with_opf: 'ООО "Ждун"',
      full_with_opf: 'Ждун',
    });
    dadata.fault = 'slow';
    const { answer: page, seconds } = await timed(
      wizardFor().send('data', { ...dataOf(newRegistrant()), inn, company_name: '' }),
    );
    expect(page.body).toContain('2 / 3');
    expect(seconds).toBeLessThan(PATIENCE);
  });

  // The last one is remembered for the rest of the day.
  const faults: [string, DadataFault, inn: string][] = [
    ['hangs', 'hang', '7800000115'],
    ['says 429', 'too_many', '7800000122'],
    ['does not know the key (403)', 'unknown_key', '7800000130'],
    ['has no questions left today (403)', 'daily_limit', '7800000147'],
  ];

  it.each(faults)('%s: the registration goes on with the typed name', async (_, fault, inn) => {
    dadata.fault = fault;
    const asked = dadata.requests.length;
    const person = newRegistrant();
    const wizard = wizardFor();
    if (fault !== 'hang') {
      const first = await wizard.send('data', { ...dataOf(person), inn, company_name: '' });
      expect(first.status).toBe(422);
      expect(first.body).toContain('name="company_name"');
    }
    const name = `ООО "По памяти ${inn}"`;
    const sent = await timed(wizard.send('data', { ...dataOf(person), inn, company_name: name }));
    expect(sent.seconds).toBeLessThan(PATIENCE);
    expect(sent.answer.body).toContain('2 / 3');
    expect(dadata.requests.length).toBeGreaterThan(asked);

    const code = await wizard.code(person);
    await wizard.send('password', { ...WORDS, code });
    await until('the mail', () => mailsTo(person).length > 0);
    const link = /https?:\S+\/prove-email\?\S+/.exec(mailsTo(person)[0]?.mail.text ?? '')?.[0] ?? '';
    await pressLink(createAgent(product.issuer), product.issuer, link.slice(product.issuer.length));
    expect(await nameSource(inn)).toEqual([{ name, nameSource: 'person' }]);
  });
});
