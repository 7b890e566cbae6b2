import { generateKeyPairSync } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createMailer } from '../../src/notifications/email';
import { isMailAddress, parseMailbox } from '../../src/notifications/mail-address';
import { retryDelay, type OutgoingMail } from '../../src/notifications/notifications';
import { openSmtpSink, type SmtpSink } from '../support/smtp';
import { verifyDkim } from './dkim';

const MAIL: OutgoingMail = {
  messageId: '<1@id.example.com>',
  to: 'anna@example.com',
  subject: 'Проверка связи',
  text: 'Текст письма',
  html: '<p>Текст письма</p>',
};

describe('mail over SMTP', () => {
  let sink: SmtpSink;

  beforeEach(async () => {
    sink = await openSmtpSink();
  });
  afterEach(() => sink.close());

  const mailer = (options = {}) =>
    createMailer({
      smtpUrl: sink.url,
      from: 'Вход port.one <no-reply@example.com>',
      ...options,
    });

  test('Cyrillic goes through, in headers of plain ASCII', async () => {
    await mailer().send(MAIL);
    expect(sink.mails[0]?.mail).toMatchObject({ subject: 'Проверка связи', from: { name: 'Вход port.one' } });
    const head = sink.mails[0]?.raw.split('\r\n\r\n')[0] ?? '';
    expect(head).toMatch(/^[\x20-\x7e\r\n\t]+$/);
    expect(sink.mails[0]?.mail.text).toBe('Текст письма');
  });

  test.each([
    ['a recipient', { to: 'anna@example.com\r\nBcc: spy@evil.test' }],
    ['a quoted recipient', { to: '"spy@evil.test x"@example.com' }],
    ['a second recipient', { to: 'anna@example.com,spy@evil.test' }],
    ['a recipient with a route', { to: '@evil.test:anna@example.com' }],
    ['a recipient with a display name', { to: 'Анна <anna@example.com>' }],
    ['a subject', { subject: 'Тема\r\nBcc: spy@evil.test' }],
    ['a subject, bare LF', { subject: 'Тема\nBcc: spy@evil.test' }],
  ])('attack 66: refuses what would add a header or a recipient: %s', async (_what, change) => {
    await expect(mailer().send({ ...MAIL, ...change })).rejects.toMatchObject({ kind: 'permanent' });
    expect(sink.mails).toEqual([]);
  });

  test.each([
    ['transient', 'transient'],
    ['permanent', 'permanent'],
    ['refuse_data', 'permanent'],
    ['refuse', 'unreachable'],
    ['drop', 'transient'],
    ['tarpit', 'transient'],
  ] as const)('the fault %s is %s', async (fault, kind) => {
    await sink.fail(fault);
    const began = Date.now();
    const patience = fault === 'tarpit' ? { timeoutMs: 700 } : {};
    await expect(mailer(patience).send(MAIL)).rejects.toMatchObject({ name: 'DeliveryFailure', kind });
    expect(Date.now() - began).toBeLessThan(8000);
  });

  test('a server whose answer never ends is unreachable, and no mail waits for it longer than twice', async () => {
    const sockets = new Set<Socket>();
    const endless = createServer((socket) => {
      sockets.add(socket);
      socket.write('220 ready\r\n');
      const drip = setInterval(() => socket.write('250-x\r\n'), 50);
      socket.on('error', () => undefined).on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => endless.listen(0, '127.0.0.1', resolve));
    const smtpUrl = `smtp://127.0.0.1:${(endless.address() as AddressInfo).port}`;
    const began = Date.now();
    await expect(mailer({ smtpUrl, timeoutMs: 700 }).send(MAIL)).rejects.toMatchObject({
      kind: 'unreachable',
    });
    expect(Date.now() - began).toBeLessThan(10_000);
    // One for the mail, one for the question whether the server is up.
    expect(sockets.size).toBe(2);
    for (const socket of sockets) socket.destroy();
    endless.close();
  });

  test('a server that wants another password is unreachable: not one mail is given up for it', async () => {
    const guarded = await openSmtpSink('right');
    const withPassword = (password: string) =>
      mailer({ smtpUrl: guarded.url.replace('smtp://', `smtp://user:${password}@`) }).send(MAIL);
    await expect(withPassword('wrong')).rejects.toMatchObject({ kind: 'unreachable' });
    await withPassword('right');
    expect(guarded.mails).toHaveLength(1);
    await guarded.close();
  });

  test('signs with DKIM when it has a key, so that a forged word is seen; says that a program sent it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    await mailer({ dkim: { domainName: 'example.com', keySelector: 'mail', privateKey: pem } }).send(MAIL);
    const raw = sink.mails[0]?.raw ?? '';
    const { tags, ...holds } = verifyDkim(raw, publicKey);
    expect(holds).toEqual({ bodyHolds: true, headerHolds: true });
    expect(tags).toMatchObject({
      v: '1',
      a: 'rsa-sha256',
      c: 'relaxed/relaxed',
      d: 'example.com',
      s: 'mail',
    });
    expect(tags.h?.toLowerCase().split(':')).toEqual(
      expect.arrayContaining(['from', 'to', 'subject', 'date', 'message-id']),
    );
    expect(verifyDkim(raw.replace('anna@', 'anja@'), publicKey).headerHolds).toBe(false);
    expect(verifyDkim(raw.replace('text/html', 'text/hxml'), publicKey).bodyHolds).toBe(false);
    expect(sink.mails[0]?.mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });
});

describe('addresses', () => {
  test.each([
    'anna@example.com',
    'a.b+c@mail.example.com',
    "o'neil@example.co",
    'анна@example.com',
    'x@xn--e1afmkfd.xn--p1ai',
  ])('takes %s', (address) => expect(isMailAddress(address)).toBe(true));

  test.each([
    'anna',
    '@example.com',
    'anna@',
    'anna@localhost',
    'a..b@example.com',
    '.a@example.com',
    'a@-example.com',
    'a@example..com',
    'a b@example.com',
    'a@exa mple.com',
    'a@[192.0.2.1]',
    '"a"@example.com',
    'a@b@example.com',
    'a@example.com\n',
    'a@example.com\0',
    'a(x)@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b.'.repeat(130)}com`,
  ])('refuses %j', (address) => expect(isMailAddress(address)).toBe(false));

  test('attack 79: is quick on hostile input', () => {
    const began = Date.now();
    for (const text of [`${'a.'.repeat(25_000)}@`, `a@${'b-'.repeat(25_000)}`, 'a'.repeat(50_000)]) {
      expect(isMailAddress(text)).toBe(false);
    }
    expect(isMailAddress(`a@${'-b'.repeat(120)}`)).toBe(false);
    // Milliseconds; an expression that tries every way takes minutes.
    expect(Date.now() - began).toBeLessThan(1000);
  });

  test('reads a sender', () => {
    expect(parseMailbox('Вход <a@example.com>')).toEqual({ name: 'Вход', address: 'a@example.com' });
    expect(parseMailbox('a@example.com')).toEqual({ name: '', address: 'a@example.com' });
    expect(() => parseMailbox('Вход\r\nBcc: x <a@example.com>')).toThrow('not a usable sender');
    expect(() => parseMailbox('<<a@example.com>')).toThrow('not a usable sender');
  });
});

test('the pause between tries grows, with some chance in it', () => {
  const delays = [30, 120, 600];
  const shortest = Array.from({ length: 5 }, (_, i) => retryDelay(delays, i + 1, () => 0));
  expect(shortest).toEqual([30, 120, 600, 600, 600]);
  expect(retryDelay(delays, 1, () => 1)).toBe(37.5);
});
