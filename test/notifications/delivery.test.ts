import { join } from 'node:path';
import { listEvents } from '../../src/audit/store';
import {
  createDelivery,
  LEASE_SECONDS,
  type Delivery,
  type DeliveryOptions,
} from '../../src/notifications/deliver';
import type { Outcome } from '../../src/notifications/attempt';
import { createIdleTransport, createMailer } from '../../src/notifications/email';
import { enqueue, listForDevelopment, openMessage, retryMessage } from '../../src/notifications/outbox';
import { createMailCourier } from '../../src/notifications/mail-courier';
import { createMessageRenderer } from '../../src/notifications/render';
import { claimMessages, findMessage, listMessages, sweepMessages } from '../../src/notifications/store';
import type { EmailMessage, Transport } from '../../src/notifications/notifications';
import type { OpenedDatabase } from '../../src/storage/postgres';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';
import { openSmtpSink, type SmtpSink } from '../support/smtp';

const ISSUER = 'https://id.example.com';
const LINK = `${ISSUER}/set-password?token=test`;
const renderer = createMessageRenderer({ viewsDir: join(__dirname, '../../views'), issuer: ISSUER });

describe.each(storageKinds)('delivery, %s storage', (kind) => {
  let opened: OpenedDatabase;
  let sink: SmtpSink;
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
    sink = await openSmtpSink();
    await opened.db.deleteFrom('outbox').execute();
    await opened.db.deleteFrom('audit').execute();
  });
  afterEach(async () => {
    await sink.close();
    expect(faults).toEqual([]);
  });
  afterAll(() => opened.close());

  const mailer = (): Transport =>
    createMailer({ smtpUrl: sink.url, from: 'Вход port.one <no-reply@example.com>' });

  function worker({
    transport = mailer(),
    ...options
  }: Partial<DeliveryOptions> & { transport?: Transport } = {}): Delivery {
    return createDelivery({
      db: opened.db,
      secrets: testSecrets,
      clock,
      courier: createMailCourier({ renderer, transport, issuer: ISSUER }),
      eraseAfterSending: true,
      onError: (error) => faults.push(error),
      onOutcome: (outcome) => outcomes.push(outcome),
      ...options,
    });
  }

  function message(to: string, values: Partial<EmailMessage['values']> = {}): EmailMessage {
    return {
      channel: 'email',
      to,
      template: 'set_password',
      locale: 'ru',
      values: { name: 'Анна Вымышленная', link: LINK, days: 3, ...values },
    };
  }

  const post = (to = 'anna@example.com'): Promise<string> =>
    enqueue(opened.db, testSecrets, message(to), clock);

  test('what was sent is kept for 90 days, what was given up for 180, in batches; what waits stays', async () => {
    const DAY = 24 * 3600;
    const age = async (status: 'sent' | 'dead' | 'waiting'): Promise<string> => {
      const id = await post();
      const sentAt = status === 'sent' ? clock.now() : null;
      await opened.db.updateTable('outbox').set({ status, sentAt }).where('id', '=', id).execute();
      return id;
    };
    const [sent, , dead, waiting] = [
      await age('sent'),
      await age('sent'),
      await age('dead'),
      await age('waiting'),
    ];
    clock.advance(90 * DAY - 1);
    const late = await age('sent');
    expect(await sweepMessages(opened.db, clock.now(), 500)).toBe(0);
    clock.advance(1);
    expect(await sweepMessages(opened.db, clock.now(), 1)).toBe(1);
    expect(await sweepMessages(opened.db, clock.now(), 1)).toBe(1);
    expect(await findMessage(opened.db, sent)).toBeUndefined();
    expect(await findMessage(opened.db, dead)).toMatchObject({ status: 'dead' });
    clock.advance(90 * DAY);
    expect(await sweepMessages(opened.db, clock.now(), 500)).toBe(2);
    const left = await listMessages(opened.db);
    expect(left.map(({ id }) => id)).toEqual([waiting]);
    expect(await findMessage(opened.db, late)).toBeUndefined();
  });

  /** A mailer that does not wait long for a silent server. */
  const hasty = (timeoutMs: number) =>
    createMailer({ smtpUrl: sink.url, from: 'no-reply@example.com', timeoutMs });

  const addressees = (): string[] => sink.mails.flatMap(({ recipients }) => recipients).sort();

  test('a mail arrives, and what it said is gone from the outbox', async () => {
    const id = await post();
    const [waiting] = await listMessages(opened.db);
    expect(JSON.stringify(waiting)).not.toMatch(/anna@|token=/);
    await worker().deliverDue();
    expect(sink.mails).toHaveLength(1);
    const { mail, recipients } = sink.mails[0]!;
    expect(recipients).toEqual(['anna@example.com']);
    expect(mail).toMatchObject({
      messageId: `<${id}@id.example.com>`,
      subject: 'Задайте пароль для port.one',
      from: { name: 'Вход port.one', address: 'no-reply@example.com' },
      to: [{ address: 'anna@example.com' }],
    });
    expect(mail.headers.find(({ key }) => key === 'auto-submitted')?.value).toBe('auto-generated');
    expect(mail.headers.find(({ key }) => key === 'content-type')?.value).toMatch(/^multipart\/alternative/);
    expect(mail.text).toContain('Здравствуйте, Анна Вымышленная!');
    expect(mail.text).toContain(`\n${LINK}\n`);
    expect(mail.html).toContain(`href="${LINK}"`);
    expect(await findMessage(opened.db, id)).toMatchObject({
      status: 'sent',
      sealed: null,
      sentAt: clock.now(),
      attempts: 1,
    });
  });

  test('a message belongs to the transaction that causes it', async () => {
    await expect(
      opened.db.transaction().execute(async (trx) => {
        await enqueue(trx, testSecrets, message('anna@example.com'), clock);
        throw new Error('undone');
      }),
    ).rejects.toThrow('undone');
    await worker().deliverDue();
    expect(sink.mails).toEqual([]);
    expect(await listMessages(opened.db)).toEqual([]);
  });

  test('four workers deliver 100 messages, each once', async () => {
    const wanted = Array.from({ length: 100 }, (_, i) => `person-${String(i).padStart(3, '0')}@example.com`);
    for (const to of wanted) await post(to);
    await Promise.all(Array.from({ length: 4 }, () => worker().deliverDue()));
    expect(addressees()).toEqual(wanted);
    expect(await listMessages(opened.db, { status: 'waiting' })).toEqual([]);
  });

  test('a refusal for now is tried again later, under the same Message-ID', async () => {
    const id = await post();
    await sink.fail('transient');
    await worker().deliverDue();
    expect(await findMessage(opened.db, id)).toMatchObject({
      status: 'waiting',
      attempts: 1,
      leasedUntil: null,
    });
    await sink.fail(undefined);
    clock.advance(29);
    await worker().deliverDue();
    expect(sink.mails).toEqual([]);
    clock.advance(9);
    await worker().deliverDue();
    expect(sink.mails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@id.example.com>`]);
  });

  test('text taken in but not acknowledged is sent again under the same Message-ID', async () => {
    const id = await post();
    await sink.fail('drop');
    await worker().deliverDue();
    expect(await findMessage(opened.db, id)).toMatchObject({ status: 'waiting', attempts: 1 });
    await sink.fail(undefined);
    clock.advance(40);
    await worker().deliverDue();
    const ids = [...sink.dropped, ...sink.mails].map(({ mail }) => mail.messageId);
    expect(ids).toEqual([`<${id}@id.example.com>`, `<${id}@id.example.com>`]);
  });

  test.each(['permanent', 'refuse_data'] as const)(
    'a refusal for good (%s) is final, audited, and names no address',
    async (fault) => {
      const id = await post();
      await sink.fail(fault);
      await worker().deliverDue();
      const row = await findMessage(opened.db, id);
      expect(row).toMatchObject({ status: 'dead', attempts: 1 });
      expect(row?.lastError).toMatch(/^.*5\d\d .*$/);
      expect(row?.lastError).not.toContain('anna@');
      expect(outcomes).toMatchObject([{ id, result: 'dead', attempt: 1 }]);
      expect(await listEvents(opened.db, { event: 'message_dead' })).toMatchObject([
        { subject: `message:${id}`, actor: 'system' },
      ]);
      await sink.fail(undefined);
      clock.advance(7 * 24 * 3600);
      await worker().deliverDue();
      expect(sink.mails).toEqual([]);
    },
  );

  test('an operator can have a dead message sent again', async () => {
    const id = await post();
    await sink.fail('permanent');
    await worker().deliverDue();
    await sink.fail(undefined);
    expect(await retryMessage(opened.db, id, 'operator:test', clock)).toBe(true);
    await worker().deliverDue();
    expect(addressees()).toEqual(['anna@example.com']);
    expect(await listEvents(opened.db, { event: 'message_retried' })).toMatchObject([
      { actor: 'operator:test' },
    ]);
    expect(await retryMessage(opened.db, id, 'operator:test', clock)).toBe(false);
    expect(await retryMessage(opened.db, 'no-such-id', 'operator:test', clock)).toBe(false);
  });

  test('twelve refusals for now are the end', async () => {
    const id = await post();
    await sink.fail('transient');
    for (let attempt = 1; attempt <= 12; attempt += 1) {
      expect(await findMessage(opened.db, id)).toMatchObject({ status: 'waiting', attempts: attempt - 1 });
      await worker().deliverDue();
      clock.advance(8 * 3600);
    }
    expect(await findMessage(opened.db, id)).toMatchObject({ status: 'dead', attempts: 12 });
  });

  test('a mail server that is away costs no try, and mail leaves within seconds of its return', async () => {
    const ids = [await post('a@example.com'), await post('b@example.com')];
    await sink.fail('refuse');
    const patient = worker();
    for (let minute = 0; minute < 30; minute += 1) {
      await patient.deliverDue();
      clock.advance(60);
    }
    for (const id of ids)
      expect(await findMessage(opened.db, id)).toMatchObject({ status: 'waiting', attempts: 0 });
    expect(outcomes.every(({ pause, result }) => pause === 10 && result === 'postponed')).toBe(true);
    await sink.fail(undefined);
    await patient.deliverDue();
    expect(addressees()).toEqual(['a@example.com', 'b@example.com']);
  });

  test('while the server is away nothing is tried for ten seconds', async () => {
    await sink.fail('refuse');
    const patient = worker();
    await post('a@example.com');
    await patient.deliverDue();
    await post('b@example.com');
    await patient.deliverDue();
    expect(outcomes).toHaveLength(1);
    clock.advance(10);
    await patient.deliverDue();
    expect(outcomes.length).toBeGreaterThan(1);
  });

  test.each(['transient', 'permanent', 'tarpit', 'drop'] as const)(
    'one poisoned message (%s) holds up nobody',
    async (fault) => {
      sink.failFor('poison@example.com', fault);
      const poison = await post('poison@example.com');
      for (let i = 0; i < 10; i += 1) await post(`person-${i}@example.com`);
      await worker({
        concurrency: 2,
        ...(fault === 'tarpit' ? { transport: hasty(2000) } : {}),
      }).deliverDue();
      expect(addressees()).toEqual(Array.from({ length: 10 }, (_, i) => `person-${i}@example.com`));
      expect((await findMessage(opened.db, poison))?.status).toBe(fault === 'permanent' ? 'dead' : 'waiting');
      expect((await findMessage(opened.db, poison))?.attempts).toBe(1);
    },
  );

  test('a message that cannot be drawn or opened holds up nobody', async () => {
    const broken = await enqueue(
      opened.db,
      testSecrets,
      message('x@example.com', { link: 'https://evil.test/' }),
      clock,
    );
    const foreign = await post('y@example.com');
    const { sealed } = (await findMessage(opened.db, broken))!;
    await opened.db.updateTable('outbox').set({ sealed }).where('id', '=', foreign).execute();
    await post('anna@example.com');
    await worker().deliverDue();
    expect(addressees()).toEqual(['anna@example.com']);
    for (const id of [broken, foreign])
      expect(await findMessage(opened.db, id)).toMatchObject({ status: 'waiting', attempts: 1 });
  });

  test('a message whose worker died is sent by another once the lease is over', async () => {
    const id = await post();
    expect(await claimMessages(opened.db, 'email', 5, clock.now(), LEASE_SECONDS)).toHaveLength(1);
    await worker().deliverDue();
    clock.advance(LEASE_SECONDS - 1);
    await worker().deliverDue();
    expect(sink.mails).toEqual([]);
    clock.advance(1);
    await worker().deliverDue();
    expect(sink.mails.map(({ mail }) => mail.messageId)).toEqual([`<${id}@id.example.com>`]);
  });

  test('a message that kills every worker is given up', async () => {
    const id = await post();
    for (let crash = 0; crash < 12; crash += 1) {
      await claimMessages(opened.db, 'email', 1, clock.now(), LEASE_SECONDS);
      clock.advance(LEASE_SECONDS);
    }
    await worker().deliverDue();
    expect(await findMessage(opened.db, id)).toMatchObject({ status: 'dead' });
    expect(sink.mails).toEqual([]);
  });

  test('a late failure does not disturb the worker that took over', async () => {
    const id = await post();
    sink.failFor('anna@example.com', 'tarpit');
    const late = worker({ transport: hasty(3000) }).deliverDue();
    while ((await findMessage(opened.db, id))?.attempts !== 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    clock.advance(LEASE_SECONDS);
    const [taken] = await claimMessages(opened.db, 'email', 1, clock.now(), LEASE_SECONDS);
    expect(taken?.id).toBe(id);
    await late;
    expect(await findMessage(opened.db, id)).toMatchObject({
      status: 'waiting',
      attempts: 2,
      leasedUntil: taken?.leasedUntil,
    });
  });

  test('a started worker sends by itself, and stopping lets it finish', async () => {
    const running = worker({ intervalMs: 20 });
    running.start();
    await post('a@example.com');
    const patience = Date.now() + 5000;
    while (sink.mails.length === 0 && Date.now() < patience)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await post('b@example.com');
    while (outcomes.length + sink.mails.length < 3 && Date.now() < patience) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await running.stop();
    expect(addressees()).toEqual(['a@example.com', 'b@example.com']);
    expect(await listMessages(opened.db, { status: 'sent' })).toHaveLength(2);
    await post('c@example.com');
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(sink.mails).toHaveLength(2);
  });

  test('in development the outbox stays readable and nothing leaves', async () => {
    const id = await post();
    await worker({ transport: createIdleTransport(), eraseAfterSending: false }).deliverDue();
    expect(sink.mails).toEqual([]);
    expect(await listForDevelopment(opened.db, testSecrets, renderer, 10)).toMatchObject([
      {
        id,
        to: 'anna@example.com',
        status: 'sent',
        subject: 'Задайте пароль для port.one',
        links: [LINK],
        codes: [],
      },
    ]);
    const row = (await findMessage(opened.db, id))!;
    expect(openMessage(testSecrets, row)).toEqual(message('anna@example.com'));
  });

  test('pages of the outbox, newest first', async () => {
    for (let i = 0; i < 5; i += 1) await post(`p${i}@example.com`);
    const all = await listMessages(opened.db);
    const first = await listMessages(opened.db, { limit: 2 });
    const second = await listMessages(opened.db, { limit: 9, before: first[1]?.id });
    expect([...first, ...second].map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(all).toHaveLength(5);
    expect(() => listMessages(opened.db, { before: "x' or 1=1" })).toThrow('bad_request');
  });

  test.each([
    '"a@evil.test x"@example.com',
    'a@example.com\r\nBcc: b@evil.test',
    'a@example.com, b@evil.test',
    '',
  ])('nothing is queued for %j', async (to) => {
    await expect(enqueue(opened.db, testSecrets, message(to), clock)).rejects.toThrow(TypeError);
    expect(await listMessages(opened.db)).toEqual([]);
  });
});
