/** P1, P2, P10, Y1 in Chromium: a person comes from a cabinet, signs in and goes back to it. */
import { blockAccount } from '../../src/accounts/change-account';
import { addPerson, startProduct, TEST_PASSWORD, type TestPerson, type TestProduct } from '../support/app';
import { launchBrowser, type TestBrowser } from '../support/browser';
import { openCabinet, type TestCabinet } from '../support/cabinet';
import { storageKinds } from '../support/database';
import { until } from '../support/processes';
import { fillSignIn } from '../support/sign-in-page';

const CLIENT = 'Личный кабинет port.one';

let browser: TestBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(() => browser.endVisits());

describe.each(storageKinds)('a person of a cabinet on %s', (kind) => {
  let product: TestProduct;
  let cabinet: TestCabinet;
  let other: TestCabinet;
  let person: TestPerson;

  beforeAll(async () => {
    product = await startProduct(kind);
    person = await addPerson(product.app);
    cabinet = await openCabinet(product);
    other = await openCabinet(product, 'Склад');
  });
  afterAll(async () => {
    await Promise.all([cabinet.stop(), other.stop()]);
    await product.close();
  });

  it('signs in after two mistakes, refreshes, signs out here, enters again, signs out everywhere', async () => {
    const { page } = await browser.visit();
    await page.goto(cabinet.url);
    await page.click('text=Войти');
    expect(await page.title()).toBe(`Вход в ${CLIENT}`);

    await fillSignIn(page, { email: person.email, password: TEST_PASSWORD, captcha: '11111' });
    expect(await page.title()).toBe(`Ошибка: Вход в ${CLIENT}`);
    expect(await page.inputValue('#identifier')).toBe(person.email);
    expect(await page.inputValue('#password')).toBe('');
    expect(await page.textContent('#captcha-problem')).toContain('Цифры не совпали');
    expect(await page.getAttribute('#captcha', 'aria-describedby')).toContain('captcha-problem');
    expect(await page.evaluate('document.activeElement.className')).toBe('problems');
    await page.click('.problems a');
    expect(await page.evaluate('document.activeElement.id')).toBe('captcha');

    await fillSignIn(page, { password: 'другой пароль 1' });
    expect(await page.textContent('.problems')).toContain('Почта или пароль не подошли');
    expect(await page.inputValue('#identifier')).toBe(person.email);

    await fillSignIn(page, { password: TEST_PASSWORD });
    await page.waitForURL(`${cabinet.url}/`);
    expect(await page.textContent('h1')).toBe('Здравствуйте, Вымышленный Иван Иванович');
    expect(await page.textContent('dl')).toContain(person.email);

    await page.click('text=Обновить токены');
    expect(await page.textContent('[role=status]')).toBe('Токены обновлены.');
    await page.click('text=Выйти из кабинета');
    expect(await page.textContent('[role=status]')).toBe('Вы вышли из кабинета.');

    // The sign-in here still stands: neither this cabinet nor another one asks again.
    await page.click('text=Войти');
    expect(await page.textContent('h1')).toContain('Здравствуйте');
    await page.goto(`${other.url}/sign-in`);
    expect(page.url()).toBe(`${other.url}/`);
    expect(await page.textContent('h1')).toContain('Здравствуйте');

    await page.click('text=Выйти отовсюду');
    expect(new URL(page.url()).origin).toBe(product.issuer);
    await page.click('button[name=logout]');
    await page.waitForURL(`${other.url}/**`);
    expect(await page.textContent('[role=status]')).toBe('Вы вышли.');
    // The cabinet that was not on the way is told from the outbox.
    await until('the first cabinet to know', async () => {
      await page.goto(cabinet.url);
      return (await page.textContent('h1')) === 'Личный кабинет';
    });
    await page.click('text=Войти');
    expect(await page.isVisible('#password')).toBe(true);
  });
});

describe('the sign-in page', () => {
  let product: TestProduct;
  let cabinet: TestCabinet;
  let person: TestPerson;

  beforeAll(async () => {
    product = await startProduct('postgres');
    person = await addPerson(product.app);
    cabinet = await openCabinet(product);
  });
  afterAll(async () => {
    await cabinet.stop();
    await product.close();
  });

  const openPage = async (options?: Parameters<TestBrowser['visit']>[0]) => {
    const visitor = await browser.visit(options);
    await visitor.page.goto(`${cabinet.url}/sign-in`);
    return visitor;
  };

  it('leads with the keyboard from the e-mail to the button', async () => {
    const { page } = await openPage();
    const stops: string[] = [];
    for (let stop = 0; stop < 10; stop += 1) {
      stops.push(
        await page.evaluate<string>(
          'document.activeElement.id || document.activeElement.firstChild.textContent.trim()',
        ),
      );
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      await page.keyboard.press('Tab');
    }
    const expected = 'identifier,Показать пароль,password,обновить,послушать,captcha,remember,Войти,Отмена';
    expect(stops.join()).toBe(`${expected},Восстановить доступ`);
  });

  it('sends the form once, however often the button is pressed', async () => {
    const { page } = await openPage();
    await page.fill('#identifier', ` ${person.email.toUpperCase()} `);
    await page.fill('#password', person.password);
    await page.fill('#captcha', '0 0-0 00');
    await page.dblclick('main button.primary');
    await page.waitForURL(`${cabinet.url}/`);
    expect(await page.textContent('h1')).toContain('Здравствуйте');
  });

  it('shows and hides the password', async () => {
    const { page } = await openPage();
    await page.fill('#password', 'лодка');
    await page.click('text=Показать пароль');
    expect(await page.getAttribute('#password', 'type')).toBe('text');
    await page.click('text=Скрыть пароль');
    expect(await page.getAttribute('#password', 'type')).toBe('password');
  });

  it('goes back to the cabinet when the person cancels, also with an empty form', async () => {
    const { page } = await openPage();
    await page.click('text=Отмена');
    expect(page.url()).toBe(`${cabinet.url}/`);
    expect(await page.textContent('[role=status]')).toBe('Вход отменён.');
  });

  it.each([true, false])(
    'keeps the typed e-mail when the language changes (JavaScript: %s)',
    async (javaScriptEnabled) => {
      const { page } = await openPage({ javaScriptEnabled });
      await page.fill('#identifier', 'typed@example.com');
      await page.click('text=English');
      expect(await page.textContent('h1')).toBe(`Sign in to ${CLIENT}`);
      expect(await page.inputValue('#identifier')).toBe('typed@example.com');
      await page.click('text=Русский');
      expect(await page.textContent('h1')).toBe(`Вход в ${CLIENT}`);
    },
  );

  it('keeps the e-mail and signs in by Enter without JavaScript', async () => {
    const { page } = await openPage({ javaScriptEnabled: false });
    const picture = page.locator('[data-captcha-picture]');
    await page.fill('#identifier', person.email);
    const first = await picture.getAttribute('src');
    await page.click('text=обновить');
    expect(await page.inputValue('#identifier')).toBe(person.email);
    expect(await picture.getAttribute('src')).not.toBe(first);
    expect(await page.locator('.problems').count()).toBe(0);
    await page.fill('#password', person.password);
    await page.fill('#captcha', '00000');
    await page.press('#password', 'Enter');
    await page.waitForURL(`${cabinet.url}/`);
    expect(await page.textContent('h1')).toContain('Здравствуйте');
  });

  it('tells the reason of a block only to who knows the password, and leads back', async () => {
    const blocked = await addPerson(product.app);
    await blockAccount(
      { ...product.app, issuer: product.issuer },
      blocked.id,
      'Доверенность закончилась',
      'system',
    );
    const { page } = await openPage();
    await fillSignIn(page, { email: blocked.email, password: 'не тот пароль' });
    expect(await page.textContent('main')).not.toContain('Доверенность');
    await fillSignIn(page, { password: blocked.password });
    expect(await page.textContent('main')).toContain('Доверенность закончилась');
    await page.click('main button');
    expect(page.url()).toBe(`${cabinet.url}/`);
  });
});

describe('the captcha of digits', () => {
  let product: TestProduct;
  let cabinet: TestCabinet;

  beforeAll(async () => {
    product = await startProduct('postgres', { env: { CAPTCHA_PROVIDER: 'picture' } });
    cabinet = await openCabinet(product);
  });
  afterAll(async () => {
    await cabinet.stop();
    await product.close();
  });

  it('is seen, heard and changed in place; what was typed stays', async () => {
    const { page } = await browser.visit();
    await page.goto(`${cabinet.url}/sign-in`);
    const seen = 'document.querySelector("[data-captcha-picture]").naturalWidth';
    expect(await page.evaluate(seen)).toBeGreaterThan(0);
    await page.fill('#identifier', 'typed@example.com');
    await page.fill('#password', 'typed too');
    const picture = page.locator('[data-captcha-picture]');
    const first = (await picture.getAttribute('src')) ?? '';
    const loaded = page.waitForResponse((response) => response.url().endsWith('.png'));
    await page.click('text=обновить');
    expect((await loaded).status()).toBe(200);
    expect(await picture.getAttribute('src')).not.toBe(first);
    expect(await page.inputValue('#identifier')).toBe('typed@example.com');
    expect(await page.inputValue('#password')).toBe('typed too');
    expect(await page.evaluate('document.activeElement.id')).toBe('captcha');

    await page.click('text=послушать');
    const seconds = await page.evaluate<number>(`new Promise((resolve) => {
      const audio = document.querySelector('audio');
      if (audio.duration) resolve(audio.duration);
      audio.addEventListener('loadedmetadata', () => resolve(audio.duration));
    })`);
    expect(seconds).toBeGreaterThan(1);
    expect(await page.isVisible('audio')).toBe(true);
  });
});
