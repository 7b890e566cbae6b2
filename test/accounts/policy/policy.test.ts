/** What an operator's settings ask of new passwords, e-mails and phones. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEmail } from '../../../src/accounts/email-address';
import { parsePhone } from '../../../src/accounts/phone-number';
import { createBreachedList } from '../../../src/accounts/policy/breached-list';
import { refusesEmail, refusesPhone } from '../../../src/accounts/policy/identifier-rules';
import { createPasswordPolicy } from '../../../src/accounts/policy/password-policy';
import { ConfigError, loadConfig } from '../../../src/config';
import { checkTyped, readTyped } from '../../../src/registration/data-form';
import { findPath } from '../../../src/registration/paths';
import { dataOf } from '../../registration/wizard';

const folder = mkdtempSync(join(tmpdir(), 'breached-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase();
/** Some thousand passwords that nobody has. */
const LEAKED = Array.from({ length: 3000 }, (_, number) => `утёкший пароль номер ${number}`);

function listFile(name: string, end: string, lineOf: (hash: string, index: number) => string): string {
  const path = join(folder, name);
  const lines = LEAKED.map(sha1).sort().map(lineOf);
  writeFileSync(path, lines.join(end));
  return path;
}

describe('the list of breached passwords', () => {
  it.each<[string, string, (hash: string, index: number) => string]>([
    ['as it is handed out', '\r\n', (hash, index) => `${hash}:${(index % 100) ** 3 + 1}`],
    ['hashes alone', '\n', (hash) => hash],
    ['small letters', '\n', (hash) => `${hash.toLowerCase()}:1`],
    ['beginnings of hashes', '\n', (hash) => hash.slice(0, 20)],
  ])('finds every line and no other: %s', async (name, end, lineOf) => {
    const list = createBreachedList(listFile(name.replaceAll(' ', '-'), end, lineOf));
    const found = await Promise.all(LEAKED.map((password) => list.includes(password)));
    expect(found.filter(Boolean)).toHaveLength(LEAKED.length);
    const others = Array.from({ length: 500 }, (_, number) => `другой пароль номер ${number}`);
    expect((await Promise.all(others.map((password) => list.includes(password)))).filter(Boolean)).toEqual(
      [],
    );
  });

  it('takes a short file, a new one in its place, and refuses to guess without one', async () => {
    const path = join(folder, 'short');
    writeFileSync(path, `${sha1('один пароль')}:5\n`);
    const list = createBreachedList(path);
    expect([await list.includes('один пароль'), await list.includes('другой')]).toEqual([true, false]);
    writeFileSync(path, `${sha1('другой')}:5\n`);
    expect([await list.includes('один пароль'), await list.includes('другой')]).toEqual([false, true]);
    writeFileSync(path, 'это не список\n'.repeat(1000));
    await expect(list.includes('другой')).rejects.toThrow('no list');
    rmSync(path);
    await expect(list.includes('другой')).rejects.toThrow('ENOENT');
  });
});

describe('new passwords', () => {
  it('are as long as the operator wants, and in no list', async () => {
    const breached = createBreachedList(listFile('policy', '\n', (hash) => hash));
    const policy = createPasswordPolicy({ minLength: 15, breached });
    expect(await policy.problem('x7Kp-93vq Щ?', [])).toBe('password_too_short');
    expect(await policy.problem('x7Kp-93vq Щ? 42', [])).toBeUndefined();
    expect(await policy.problem(LEAKED[7] ?? '', [])).toBe('password_breached');
    // As it is typed and as it is hashed: й of one sign or of two.
    expect(await policy.problem((LEAKED[7] ?? '').normalize('NFD'), [])).toBe('password_breached');
    expect(await createPasswordPolicy().problem('x7Kp-93v', [])).toBeUndefined();
  });
});

describe('e-mails and phones', () => {
  const email = (text: string) => parseEmail(text) ?? { value: '', canonical: '' };
  it.each([
    ['anna@example.com', undefined],
    ['Anna@EXAMPLE.com', undefined],
    ['anna@mail.example.com', 'email_domain'],
    ['anna@badexample.com', 'email_domain'],
    ['anna@почта.рф', undefined],
    ['anna@рф.example.org', 'email_domain'],
  ])('%s: %s', (address, problem) => {
    const { mailDomains } = loadConfig({ MAIL_DOMAINS: 'Example.com, *.рф' });
    expect(refusesEmail({ phoneLandlines: false, mailDomains }, email(address))).toBe(problem);
    expect(refusesEmail({ phoneLandlines: false }, email(address))).toBeUndefined();
  });

  it.each([
    ['8 909 000-00-01', 'RU,KZ', 'no', undefined],
    ['+7 701 000 00 01', 'RU,KZ', 'no', undefined],
    ['+375 29 600-00-01', 'ru, kz', 'no', 'phone_country'],
    ['+375 29 600-00-01', '', 'no', undefined],
    ['8 812 320-00-00', '', 'no', 'phone_landline'],
    ['8 812 320-00-00', '', 'yes', undefined],
  ])(
    '%s where countries are "%s" and landlines are taken: %s: %s',
    (typed, countries, landlines, problem) => {
      const rules = loadConfig({ PHONE_COUNTRIES: countries, PHONE_LANDLINES: landlines });
      const phone = parsePhone(typed);
      if (typeof phone === 'string') throw new Error(phone);
      expect(refusesPhone(rules, phone)).toBe(problem);
    },
  );

  it('hold on the form of a registration; nobody signs in with a landline', () => {
    const rules = loadConfig({ MAIL_DOMAINS: 'example.com', PHONE_COUNTRIES: 'RU', PHONE_LANDLINES: 'yes' });
    const check = (path: string, phone: string, address: string) => {
      const typed = readTyped({ ...dataOf({ phone: '', email: address }), phone });
      return checkTyped(typed, { path: findPath(path), fields: ['phone', 'email'], rules }).problems;
    };
    expect(check('port-one', '+375 29 600-00-01', 'anna@example.org')).toEqual({
      phone: 'phone_country',
      email: 'email_domain',
    });
    expect(check('port-one', '8 812 320-00-00', 'anna@example.com')).toEqual({});
    expect(check('kit', '8 812 320-00-00', 'anna@example.com')).toEqual({ phone: 'phone_landline' });
  });
});

it.each([
  ['PASSWORD_MIN_LENGTH', '7'],
  ['PASSWORD_MIN_LENGTH', '64'],
  ['PASSWORD_BREACHED_FILE', join(folder, 'absent')],
  ['PASSWORD_BREACHED_FILE', __filename],
  ['MAIL_DOMAINS', 'example.com;example.org'],
  ['MAIL_DOMAINS', 'ru'],
  ['PHONE_COUNTRIES', 'RU,Россия'],
  ['PHONE_COUNTRIES', 'RU,XX'],
  ['PHONE_LANDLINES', 'maybe'],
])('%s=%s is refused', (name, value) => {
  try {
    loadConfig({ [name]: value });
  } catch (error) {
    expect((error as ConfigError).faults).toEqual([expect.stringContaining(`${name} must `)]);
    return;
  }
  throw new Error('was taken');
});
