import { join } from 'node:path';
import { listEvents } from '../../src/audit/store';
import type { Outcome } from '../../src/notifications/attempt';
import { createDelivery, LEASE_SECONDS, type Delivery } from '../../src/notifications/deliver';
import { createMailer } from '../../src/notifications/email';
import { createSmsGateway } from '../../src/notifications/gateways';
import { createOutboxGateway } from '../../src/notifications/gateways/outbox';
import { createMailCourier } from '../../src/notifications/mail-courier';
import type { Courier, SmsMessage } from '../../src/notifications/notifications';
import { enqueue, listForDevelopment, openMessage, retryMessage } from '../../src/notifications/outbox';
import { createMessageRenderer } from '../../src/notifications/render';
import { createSmsCourier, type SmsGateway } from '../../src/notifications/sms/gateway';
import { claimMessages, findMessage, listMessages } from '../../src/notifications/store';
import { addSeconds } from '../../src/clock';
import { loadConfig } from '../../src/config';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';
import { CREDENTIALS, openSmsStandIn, type SmsFault, type SmsStandIn } from '../support/sms';
import { openSmtpSink } from '../support/smtp';

const ISSUER = 'https://id.example.com';
const renderer = createMessageRenderer({ viewsDir: join(__dirname, '../../views'), issuer: ISSUER });
const TEXT = 'port.one: код 123456 для регистрации. Никому его не сообщайте.';
const LIFE = 600;

describe.each(storageKinds)('text messages, %s storage', (kind) => {
  let opened: OpenedDatabase;
  let standIn: SmsStandIn;
  let gateway: SmsGateway;
  let clock = movableClock();
  let faults: unknown[] = [];
  let outcomes: Outcome[] = [];

  beforeAll(async () => {
    opened = await openTestDatabase(kind);
  });
  beforeEach(async () => {
    clock = movableClock();
    faults = [];
    outcomes = [];
    standIn = await openSmsStandIn('sms-ru');
    gateway = createSmsGateway(
      loadConfig({
        SMS_GATEWAY: 'sms-ru',
        SMS_RU_URL: standIn.origin,
        SMS_RU_API_ID: CREDENTIALS.apiId,
      }),
      clock,
    );
    await opened.db.deleteFrom('outbox').execute();
    await opened.db.deleteFrom('audit').execute();
  });
  afterEach(async () => {
    await standIn.close();
    expect(faults).toEqual([]);
  });
  afterAll(() => opened.close());

  function worker(
    courier: Courier = createSmsCourier(renderer, gateway),
    eraseAfterSending = true,
  ): Delivery {
    return createDelivery({
      db: opened.db,
      secrets: testSecrets,
      clock,
      courier,
      eraseAfterSending,
      concurrency: 4,
      intervalMs: 50,
      onError: (error) => faults.push(error),
      onOutcome: (outcome) => outcomes.push(outcome),
    });
  }

  const message = (to: string): SmsMessage => ({
    channel: 'sms',
    to,
    template: 'phone_code',
    locale: 'ru',
    values: { code: '123456' },
    expiresAt: addSeconds(clock.now(), LIFE),
  });
  const text = (to = '+79090000001'): Promise<string> => enqueue(opened.db, testSecrets, message(to), clock);
  const row = (id: string) => findMessage(opened.db, id);

  test('a code arrives, and neither number nor code is left in the outbox', async () => {
    const id = await text();
    expect(JSON.stringify({ ...(await row(id)), id: '' })).not.toMatch(/79090000001|123456/);
    await worker().deliverDue();
    expect(standIn.accepted).toEqual([{ to: '79090000001', text: TEXT, sender: undefined }]);
    expect(await row(id)).toMatchObject({ status: 'sent', sealed: null, attempts: 1 });
    expect(outcomes).toMatchObject([{ id, result: 'sent', receipt: '000000-10000000' }]);
  });

  test('four workers carry 60 messages, each once', async () => {
    const numbers = Array.from({ length: 60 }, (_, i) => `790900000${10 + i}`);
    for (const number of numbers) await text(`+${number}`);
    await Promise.all(Array.from({ length: 4 }, () => worker().deliverDue()));
    expect(standIn.accepted.map(({ to }) => to).sort()).toEqual(numbers);
    expect(standIn.calls).toBe(60);
  });

  test.each<SmsFault>([{ status: 500 }, 'garbage', 'drop', 'accept_then_drop', 'accept_then_hang'])(
    'what may have arrived is never sent again: %j',
    async (fault) => {
      const id = await text();
      await standIn.fail(fault);
      await worker().deliverDue();
      const { status, sealed, lastError } = (await row(id))!;
      expect([status, sealed]).toEqual(['dead', null]);
      expect(lastError).toMatch(/^unknown \(sms-ru: /);
      expect(await listEvents(opened.db, { event: 'message_dead' })).toMatchObject([
        { subject: `message:${id}` },
      ]);
      await standIn.fail(undefined);
      expect(await retryMessage(opened.db, id, 'operator:test', clock)).toBe(false);
      for (let minute = 0; minute < 12; minute += 1) {
        await worker().deliverDue();
        clock.advance(60);
      }
      expect(standIn.calls).toBe(1);
    },
  );

  test('a message whose worker died on the way is given up, not sent again', async () => {
    const id = await text();
    await claimMessages(opened.db, 'sms', 1, clock.now(), LEASE_SECONDS);
    clock.advance(LEASE_SECONDS);
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'dead', sealed: null });
    expect((await row(id))?.lastError).toMatch(/^unknown/);
    expect(standIn.calls).toBe(0);
  });

  test('a refusal for now is tried again within seconds', async () => {
    const id = await text();
    await standIn.fail({ code: 220, about: 'number' });
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'waiting', lastError: 'gateway_busy (sms-ru 220)' });
    await standIn.fail(undefined);
    clock.advance(3);
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'sent', attempts: 2, lastError: null });
    expect(standIn.calls).toBe(2);
  });

  test('a gateway that asks for a pause gets it', async () => {
    const id = await text();
    await standIn.fail({ code: 231, about: 'number' });
    await worker().deliverDue();
    await standIn.fail(undefined);
    clock.advance(59);
    await worker().deliverDue();
    expect((await row(id))?.status).toBe('waiting');
    clock.advance(1);
    await worker().deliverDue();
    expect((await row(id))?.status).toBe('sent');
  });

  test('tries end with the life of the code, quietly', async () => {
    const id = await text();
    await standIn.fail({ code: 220, about: 'request' });
    for (let elapsed = 0; elapsed < LIFE; elapsed += 1) {
      await worker().deliverDue();
      clock.advance(1);
    }
    await standIn.fail(undefined);
    clock.advance(120);
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'dead', sealed: null });
    expect(outcomes.at(-1)).toMatchObject({ id, result: 'expired' });
    expect(standIn.accepted).toEqual([]);
    expect(await listEvents(opened.db, { event: 'message_dead' })).toEqual([]);
  }, 180_000);

  test('a code that is too old is not sent at all', async () => {
    const id = await text();
    clock.advance(LIFE);
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'dead', lastError: 'expired before it could be sent' });
    expect(standIn.calls).toBe(0);
  });

  test('a landline is final at once, with the word for it', async () => {
    const id = await text('+78126789600');
    await standIn.fail({ code: 207, about: 'number' });
    await worker().deliverDue();
    expect(await row(id)).toMatchObject({ status: 'dead', lastError: 'landline (sms-ru 207)', attempts: 1 });
  });

  test('while the gateway rests nothing is called, no try is spent, and all goes out afterwards', async () => {
    const patient = worker();
    await standIn.fail('refuse');
    const ids = [];
    for (let i = 0; i < 6; i += 1) ids.push(await text(`+7909000000${i}`));
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await patient.deliverDue();
      clock.advance(1);
    }
    expect(outcomes.some(({ reason }) => reason === 'gateway_resting (sms-ru)')).toBe(true);
    await standIn.fail(undefined);
    for (let seconds = 0; seconds < 60; seconds += 1) {
      await patient.deliverDue();
      clock.advance(1);
    }
    for (const id of ids) expect((await row(id))?.status).toBe('sent');
    expect(standIn.calls).toBe(6);
  });

  test('a gateway that hangs delays no mail', async () => {
    const sink = await openSmtpSink();
    const transport = createMailer({ smtpUrl: sink.url, from: 'no-reply@example.com' });
    await standIn.fail('hang');
    for (let i = 0; i < 9; i += 1) await text(`+7909000000${i}`);
    const mail = {
      channel: 'email',
      to: 'anna@example.com',
      template: 'set_password',
      locale: 'ru',
      values: { name: 'Анна', link: `${ISSUER}/set-password`, days: 3 },
    } as const;
    const workers = [worker(), worker(createMailCourier({ renderer, transport, issuer: ISSUER }))];
    for (const one of workers) one.start();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await enqueue(opened.db, testSecrets, mail, clock);
    const began = performance.now();
    while (sink.mails.length === 0 && performance.now() - began < 2900)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sink.mails).toHaveLength(1);
    expect(standIn.accepted).toEqual([]);
    await Promise.all(workers.map((one) => one.stop()));
    await sink.close();
  });

  test('in development the code can be read in the outbox', async () => {
    const id = await text();
    await worker(createSmsCourier(renderer, createOutboxGateway()), false).deliverDue();
    expect(standIn.calls).toBe(0);
    expect(await listForDevelopment(opened.db, testSecrets, renderer, 10)).toMatchObject([
      { id, channel: 'sms', to: '+79090000001', status: 'sent', text: TEXT, codes: ['123456'], links: [] },
    ]);
    expect(openMessage(testSecrets, (await row(id))!)).toEqual(message('+79090000001'));
  });

  test.each(['89090000001', '+7 909 000 00 01', '+7', 'anna@example.com', ''])(
    'nothing is queued for %j',
    async (to) => {
      await expect(text(to)).rejects.toThrow(TypeError);
      expect(await listMessages(opened.db)).toEqual([]);
    },
  );
});

describe('the words of a code', () => {
  test('in Russian they are one message of 70 places: who, the code, what for', () => {
    const words = renderer.renderSms('phone_code', 'ru', { code: '123456' });
    expect(words).toBe(TEXT);
    expect(words.length).toBeLessThanOrEqual(70);
  });

  test('in English there is room to bind the code to the site', () => {
    const words = renderer.renderSms('phone_code', 'en', { code: '123456' });
    expect(words).toMatch(/^port\.one: 123456 is .*registration.*\n\n@id\.example\.com #123456$/s);
    expect(words.length).toBeLessThanOrEqual(160);
  });

  test('a long name of the site costs no second message', () => {
    const issuer = `https://${'a-rather-long-name.'.repeat(6)}example.com`;
    const distant = createMessageRenderer({ viewsDir: join(__dirname, '../../views'), issuer });
    expect(distant.renderSms('phone_code', 'en', { code: '123456' })).not.toContain('@');
  });

  test('a code that makes two messages of it is a fault, not a bill', () => {
    expect(() => renderer.renderSms('phone_code', 'ru', { code: '1'.repeat(20) })).toThrow('more than one');
  });
});
