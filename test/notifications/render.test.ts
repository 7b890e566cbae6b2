import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { previewMails, previewSms } from '../../src/development/message-preview';
import { messageSamples } from '../../src/development/message-samples';
import { createMessageRenderer } from '../../src/notifications/render';
import { smsSize } from '../../src/notifications/sms/text';

const viewsDir = join(__dirname, '../../views');
const ISSUER = 'https://id.example.com';
const LINK = `${ISSUER}/set-password?token=a&b=%3C`;
const renderer = createMessageRenderer({ viewsDir, issuer: ISSUER });
const values = { name: 'Анна Вымышленная', link: LINK, days: 3 };

const hrefs = (html: string): string[] =>
  [...html.matchAll(/(?:href|src|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(([, target = '']) => target);

describe('the mail that sets a password', () => {
  test('in Russian: greeting, link on its own line, how long, what if unexpected, who sends', () => {
    const { subject, text } = renderer.renderEmail('set_password', 'ru', values);
    expect(subject).toBe('Задайте пароль для port.one');
    expect(text).toMatch(/^Здравствуйте, Анна Вымышленная!\n\n/);
    expect(text).toContain(`\n\n${LINK}\n\n`);
    expect(text).toMatch(/действует 3\sдня/);
    expect(text).toContain('Если вы не ждали этого письма');
    expect(text).toContain('служба входа port.one ID (id.example.com)');
    expect(text).not.toMatch(/\n{3}/);
  });

  test.each([
    [1, /действует 1\sдень/, /good for 1\sday\./],
    [2, /действует 2\sдня/, /good for 2\sdays\./],
    [5, /действует 5\sдней/, /good for 5\sdays\./],
  ])('%d days are counted right in both languages', (days, russian, english) => {
    expect(renderer.renderEmail('set_password', 'ru', { ...values, days }).text).toMatch(russian);
    expect(renderer.renderEmail('set_password', 'en', { ...values, days }).text).toMatch(english);
  });

  test.each(['ru', 'en'] as const)(
    '%s: the HTML twin says the same, links only to the issuer, loads nothing',
    (locale) => {
      const { text, html, subject } = renderer.renderEmail('set_password', locale, values);
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).toContain(`<title>${subject}</title>`);
      expect(hrefs(html)).toEqual([LINK.replace('&', '&amp;').replaceAll("'", '&#39;')]);
      expect(html).not.toMatch(/<(?:img|script|link|style|iframe)\b/);
      const plain = html
        .replace(/<[^>]+>/g, '')
        .replaceAll('&amp;', '&')
        .replaceAll('&#39;', "'");
      for (const line of text.split('\n').filter((part) => part && part !== '--'))
        expect(plain).toContain(line);
    },
  );

  test.each([
    '<b>x</b>',
    'www.evil.test',
    'Выигрыш на evil.test',
    'https://evil.test/',
    'a@evil.test',
    'Анна\nВойдите на сайт',
    '<%= 7*7 %>',
    '{{host}}',
    '\u202Eанна',
    '',
    'x'.repeat(101),
  ])('attack 66: does not greet what is no name: %j', (name) => {
    const { text, html } = renderer.renderEmail('set_password', 'ru', { ...values, name });
    expect(text).toMatch(/^Здравствуйте!\n/);
    if (name) for (const part of [text, html]) expect(part).not.toContain(name);
  });

  test.each([
    'Анна',
    'Анна-Мария Вымышленная',
    'И. П. Вымышленный',
    "Д'Артаньян",
    'Ёлкина Анна Петровна',
    'José Núñez',
  ])('greets %s', (name) =>
    expect(renderer.renderEmail('set_password', 'en', { ...values, name }).text).toContain(`Hello ${name},`),
  );

  test.each([
    'https://evil.test/',
    'https://id.example.com.evil.test/',
    'https://id.example.com@evil.test/',
    'http://id.example.com/',
    'javascript:alert(1)',
    '/x',
  ])('attack 66: refuses the link %s', (link) =>
    expect(() => renderer.renderEmail('set_password', 'ru', { ...values, link })).toThrow(),
  );

  test('values are data to a template, never options', () => {
    const hostile = {
      ...values,
      client: true,
      delimiter: '?',
      outputFunctionName: 'x;process.exit(1);//',
      settings: { 'view options': { outputFunctionName: 'x;process.exit(1);//' } },
    };
    expect(renderer.renderEmail('set_password', 'ru', hostile)).toEqual(
      renderer.renderEmail('set_password', 'ru', values),
    );
  });
});

test.each([
  ['ru', /этот адрес указали при регистрации/, /этот адрес указан в учётной записи/],
  ['en', /given in a registration/, /belongs to an account/],
] as const)('%s: the foot says truly why a mail came', (locale, registering, standing) => {
  const proof = renderer.renderEmail('prove_email', locale, { ...values, code: '123456' });
  for (const part of [proof.text, proof.html]) expect(part).toMatch(registering);
  for (const part of [proof.text, proof.html]) expect(part).not.toMatch(standing);
  expect(renderer.renderEmail('set_password', locale, values).text).toMatch(standing);
});

describe.each(['ru', 'en'] as const)('%s: every message there is', (locale) => {
  const issuer = `https://${'a-rather-long-name.'.repeat(3)}example.com`;
  const long = createMessageRenderer({ viewsDir, issuer });
  const { email, sms } = messageSamples(locale, issuer);

  test.each(previewSms(long, issuer).filter((one) => one.locale === locale))(
    'SMS $template is one message on a phone, and says all of its values',
    ({ template, text, encoding, length, parts }) => {
      expect(parts).toBe(1);
      expect(length).toBeLessThanOrEqual(encoding === 'UCS-2' ? 70 : 160);
      expect(encoding).toBe(locale === 'ru' ? 'UCS-2' : 'GSM-7');
      for (const value of Object.values(sms[template])) expect(text).toContain(value);
      expect(text).not.toMatch(/\{\{|undefined|https?:/);
    },
  );

  test.each(previewMails(long, issuer).filter((one) => one.locale === locale))(
    'mail $template has a subject and leads to the issuer only',
    ({ template, subject, text, html }) => {
      expect(subject.length).toBeGreaterThan(5);
      for (const part of [text, html]) {
        expect(part).toContain(email[template].name);
        expect(part).not.toMatch(/\{\{|undefined|\[object/);
      }
      const targets = [...hrefs(html), ...(text.match(/https?:\/\/\S+/g) ?? [])];
      expect(targets.length).toBeGreaterThanOrEqual(2);
      for (const target of targets) expect(new URL(target).origin).toBe(issuer);
    },
  );

  test('and no text of a message that nobody sends', () => {
    const texts = JSON.parse(
      readFileSync(join(viewsDir, 'messages/texts', `${locale}.json`), 'utf8'),
    ) as object;
    const known = new Set(['common', ...Object.keys(email), ...Object.keys(sms)]);
    expect(Object.keys(texts).filter((name) => !known.has(name))).toEqual([]);
  });
});

test.each([
  ['a'.repeat(160), 'GSM-7', 1],
  ['a'.repeat(161), 'GSM-7', 2],
  ['a'.repeat(307), 'GSM-7', 3],
  ['я'.repeat(70), 'UCS-2', 1],
  ['я'.repeat(71), 'UCS-2', 2],
  ['я'.repeat(135), 'UCS-2', 3],
  [`${'a'.repeat(70)}ё`, 'UCS-2', 2],
  ['😀'.repeat(36), 'UCS-2', 2],
] as const)('what an SMS costs: %#', (text, encoding, parts) => {
  expect(smsSize(text)).toEqual({ encoding, length: text.length, parts });
});

test('both languages have the same texts', () => {
  const keys = (locale: string): string[] => {
    const texts = JSON.parse(
      readFileSync(join(viewsDir, 'messages/texts', `${locale}.json`), 'utf8'),
    ) as Record<string, object>;
    return Object.entries(texts).flatMap(([part, words]) =>
      Object.keys(words).map((key) => `${part}.${key}`),
    );
  };
  expect(keys('en')).toEqual(keys('ru'));
});

describe('the mails about applications', () => {
  const company = 'ООО "Пример"';
  const told = { number: '17', date: '21 ноября 2026' };
  const given = { right: 'acts_until', until: '31 декабря 2027' } as const;
  const facts = { ...values, company, ...told, ...given };
  const applicant = 'Вымышленная Анна';

  test.each(['ru', 'en'] as const)('%s: each says which company it is about, and leads on', (locale) => {
    const mails = [
      renderer.renderEmail('application_approved', locale, facts),
      renderer.renderEmail('application_declined', locale, {
        ...facts,
        reasonCode: 'duplicate',
        comment: '',
      }),
      renderer.renderEmail('application_question', locale, { ...facts, question: 'В каком отделе?' }),
      renderer.renderEmail('application_expired', locale, facts),
      renderer.renderEmail('membership_suspended', locale, facts),
      renderer.renderEmail('membership_restored', locale, facts),
      renderer.renderEmail('membership_revoked', locale, facts),
      renderer.renderEmail('contact_appointed', locale, facts),
      renderer.renderEmail('application_received', locale, { ...facts, applicant }),
      renderer.renderEmail('application_answered', locale, { ...facts, applicant }),
    ];
    for (const { text } of mails) {
      expect(text).toContain(company);
      expect(text).toContain(LINK);
      expect(text).not.toMatch(/undefined|\{\{/);
    }
    expect(new Set(mails.map(({ subject }) => subject)).size).toBe(mails.length);
    expect(mails[2]?.text).toContain('В каком отделе?');
    for (const mail of mails.slice(1, 4)) expect(mail.text).toMatch(/17 (?:от|of) 21 ноября 2026/);
    expect(mails[0]?.text).toMatch(/(?:до|until) 31 декабря 2027/);
    const waiting = renderer.renderEmail('applications_waiting', locale, { ...values, waiting: '12' });
    expect(waiting.text).toContain('12');
  });

  test('a decline gives the reason of the list and the comment, of other reasons the comment alone', () => {
    const decline = (reasonCode: string, comment: string) =>
      renderer.renderEmail('application_declined', 'ru', { ...facts, reasonCode, comment }).text;
    expect(decline('wrong_company', 'Вы из филиала.')).toContain('проверьте ИНН и КПП. Вы из филиала.');
    expect(decline('other', 'Вы из филиала.')).toMatch(/отклонили\. Вы из филиала\.\n/);
  });

  test('an approval says which rights it gives, and one written by an earlier release still goes out', () => {
    const approved = (change: object) =>
      renderer.renderEmail('application_approved', 'ru', { ...facts, ...change }).text;
    expect(approved({ right: 'reads', until: '' })).toContain('Пока вы можете только смотреть');
    expect(approved({ right: 'acts', until: '' })).toContain('Вы вправе действовать от имени компании.');
    const old = { ...values, company } as typeof facts;
    expect(renderer.renderEmail('application_approved', 'ru', old).text).toContain(company);
    const question = { ...old, question: 'В каком отделе?' };
    expect(renderer.renderEmail('application_question', 'ru', question).text).toContain('заявку на доступ');
  });

  test.each([
    ['application_question', 'question'],
    ['application_declined', 'comment'],
    ['application_approved', 'company'],
    ['membership_revoked', 'company'],
  ] as const)('attack 66: %s: a %s stays text, and no link of its own', (template, field) => {
    const typed =
      '<a href="https://evil.test/">Войти</a><img src=x onerror=alert(1)></title>{{7*7}}<%= 7*7 %>';
    const given = { ...facts, reasonCode: 'other', comment: '', question: '', [field]: typed };
    const { subject, html } = renderer.renderEmail(template, 'ru', given);
    expect(html).not.toMatch(/<img|href="https:\/\/evil|\b49\b/);
    expect(html).toContain('&lt;img');
    expect(html).not.toMatch(/<a [^>]*evil/);
    expect(subject).not.toMatch(/[\r\n]/);
  });

  test('attack 66: an applicant whose name would turn into a link is not named', () => {
    const received = { ...facts, applicant: 'www.evil.test Анна' };
    const { text } = renderer.renderEmail('application_received', 'ru', received);
    expect(text).toContain('Новый заявитель просит доступ');
    expect(text).not.toContain('evil');
  });
});
