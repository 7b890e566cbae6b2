import { COMMON_PASSWORDS, COMMON_WORDS } from '../../src/accounts/password-words';
import { passwordProblem } from '../../src/accounts/passwords';

describe('length', () => {
  test.each([
    ['7 characters', 'кx7Й-э2', 'password_too_short'],
    ['7 characters that take 14 units', '🐫🦀🐙🦊🐝🐢🦉', 'password_too_short'],
    ['8 characters that shrink to 7', 'xK4-qЙ'.normalize('NFC') + 'й'.normalize('NFD'), 'password_too_short'],
    ['8 characters', '🐫🦀🐙🦊🐝🐢🦉🦔', undefined],
    ['128 characters', 'чайник и 7 жирафов '.repeat(7).slice(0, 128), undefined],
    ['129 characters', 'чайник и 7 жирафов '.repeat(7).slice(0, 129), 'password_too_long'],
    ['1 MiB', 'x'.repeat(1024 * 1024), 'password_too_long'],
  ])('%s', (_case, password, problem) => {
    expect(passwordProblem(password, [])).toBe(problem);
  });
});

describe('what may be used', () => {
  test.each([
    'correct horse battery staple',
    'синий чайник на крыше',
    'зелёный-самокат',
    'x7Kp-93vq',
    'Tr0ub4dor&3',
    'только строчные буквы',
    '84019375162',
    'moose⌨jumps',
  ])('%s', (password) => {
    expect(passwordProblem(password, ['Мария Тестова', 'maria.testova', '+79990000001'])).toBeUndefined();
  });
});

describe('what everyone tries first', () => {
  test.each([
    ['a known one', 'sunshine'],
    ['a known one with a digit inside', 'trustno1'],
    ['capitals and endings', 'Password2024!'],
    ['disguise', 'P@ssw0rd1'],
    ['Russian word', 'Пароль123'],
    ['Russian word on the Latin layout', 'gfhjkm123'],
    ['Russian word in Latin letters', 'privet2023'],
    ['Latin word on the Russian layout', 'зфыыцщкв'],
    ['name and birth year', 'Надежда1985'],
    ['word and date', 'dragon12051990'],
    ['row of keys', 'qwertyuiop'],
    ['row of keys, Russian', 'йцукенгш'],
    ['row backwards', 'poiuytrewq'],
    ['columns', '1qaz2wsx3edc'],
    ['columns, Russian', '1йфя2цыч3увс'],
    ['two rows in turn', '1q2w3e4r'],
    ['digits', '123456789'],
    ['number pad', '147258369'],
    ['date', '12.05.1990'],
    ['date, year first', '19900512'],
    ['one character', 'жжжжжжжжж'],
    ['two characters', 'ababababab'],
    ['a piece repeated', 'кот7кот7кот7'],
    ['a word twice', 'parolparol'],
    ['full width letters', 'ｐａｓｓｗｏｒｄ１'],
  ])('%s: %s', (_case, password) => {
    expect(passwordProblem(password, [])).toBe('password_common');
  });

  test('at least 3,000 written-out passwords of 8 and more characters, and their usual endings', () => {
    const stems = [...new Set([...COMMON_WORDS, ...COMMON_PASSWORDS])].filter(
      (word) => [...word].length >= 4,
    );
    const endings = ['', '123', '2025!'];
    const written = stems.flatMap((stem) => endings.map((ending) => stem + ending));
    const longEnough = written.filter((password) => [...password].length >= 8);
    expect(longEnough.length).toBeGreaterThan(3000);
    expect(longEnough.filter((password) => passwordProblem(password, []) !== 'password_common')).toEqual([]);
  });
});

describe('own words', () => {
  const words = [
    'Тестовский',
    'Фёкла',
    'ООО «Глухарь-Опт»',
    'thekla.testovsky@mail.example.com',
    '+79990000001',
    'port.one',
  ];

  test.each([
    ['family name', 'тестовский'],
    ['family name and a year', 'Тестовский1984'],
    ['with a date', 'Тестовский12051984'],
    ['both names', 'фекла-тестовский1'],
    ['on the Latin layout', 'ntcnjdcrbq!'],
    ['in Latin letters', 'Testovskiy77'],
    ['company', 'глухарьопт7'],
    ['company in Latin letters', 'gluharopt'],
    ['e-mail', 'thekla.testovsky1'],
    ['phone', '+79990000001'],
    ['phone with 8', '8 999 000-00-01'],
    ['product', 'port.one!1'],
    ['the word disguised', 'th3kl@testovsky'],
  ])('%s: %s', (_case, password) => {
    expect(passwordProblem(password, words)).toBe('password_contains_context');
  });

  test.each(['Тестовский ловит рыбу', 'thekla-9#kQz', 'глухарь и 3 жирафа'])(
    'more than the word: %s',
    (password) => {
      expect(passwordProblem(password, words)).toBeUndefined();
    },
  );

  test('words of fewer than 4 characters do not count', () => {
    expect(passwordProblem('Ян-и-шалаш', ['Ян', 'шал'])).toBeUndefined();
  });
});
