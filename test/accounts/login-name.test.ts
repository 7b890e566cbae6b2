import { parseEmail } from '../../src/accounts/email-address';
import { parseLoginName } from '../../src/accounts/login-name';
import { parsePhone } from '../../src/accounts/phone-number';

const canonical = (text: string): string | undefined => parseLoginName(text)?.canonical;

test.each([
  ['capitals', 'Ivanov', 'IVANOV'],
  ['spaces around and full width', 'ivanov', ' ｉｖａｎｏｖ '],
  ['Cyrillic letters that look Latin', 'scope', 'ѕсоре'.replace('ѕ', 's')],
  ['Cyrillic capitals that look Latin', 'MAPT', 'МАРТ'],
  ['zero and O', 'depo', 'dep0'],
  ['one, l and I', 'lift', '1ift'],
  ['ё and е', 'мёд', 'мед'],
])('%s are one name', (_what, one, other) => {
  expect(canonical(one)).toBeDefined();
  expect(canonical(other)).toBe(canonical(one));
});

test('the name is shown as it was chosen', () => {
  expect(parseLoginName(' Склад.Север ')?.value).toBe('Склад.Север');
});

test.each([
  'ab',
  'a'.repeat(65),
  '79090000000',
  '7707083893',
  '+79090000000',
  'ivan@example.com',
  'ivan petrov',
  '.ivan',
  'ivan-',
  'iv\u0000an',
  'ivαn',
  'ivan\u200b',
  '',
])('%j is no login name', (text) => {
  expect(parseLoginName(text)).toBeUndefined();
});

test('no login name has the spelling of an e-mail or of a phone', () => {
  for (const text of ['ivan', 'a.b-c_d', 'склад9', '8x9090000000']) {
    const name = canonical(text) ?? '';
    expect([parseEmail(name), typeof parsePhone(name)]).toEqual([undefined, 'string']);
  }
});
