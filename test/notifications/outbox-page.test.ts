import { addDevelopmentRoutes } from '../../src/development/routes';
import { addSeconds } from '../../src/clock';
import { enqueue } from '../../src/notifications/outbox';
import { createAgent } from '../support/agent';
import { until } from '../support/processes';
import { startProduct, type TestProduct } from '../support/app';

describe('the pages of development', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded', { extraRoutes: addDevelopmentRoutes });
  });
  afterAll(() => product.close());

  test('shows a text message beside the mails, within seconds', async () => {
    const { db, secrets, clock } = product.app;
    const expiresAt = addSeconds(clock.now(), 600);
    const values = { code: '123456' };
    await enqueue(
      db,
      secrets,
      { channel: 'sms', to: '+79090000001', template: 'phone_code', locale: 'ru', values, expiresAt },
      clock,
    );
    const agent = createAgent(product.issuer);
    const sent = async (): Promise<boolean> => (await agent.get('/dev/outbox.json')).body.includes('"sent"');
    await until('the text message to be sent', sent, 10);
    const page = await agent.get('/dev/outbox');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<h2>SMS</h2>');
    expect(page.body).toContain('+79090000001');
    expect(page.body).toContain('код 123456 для регистрации');
    const { body } = await agent.get('/dev/outbox.json');
    expect(JSON.parse(body)).toMatchObject([{ channel: 'sms', status: 'sent', codes: ['123456'] }]);
  });

  test('preview every mail and text message in both languages, as text and as a page of its own', async () => {
    const agent = createAgent(product.issuer);
    const page = await agent.get('/dev/messages');
    expect(page.status).toBe(200);
    expect(page.body).toContain('Пароль port.one изменён');
    expect(page.body).toMatch(/SMS recovery_code · ru<[^]*Знаков: \d\d \(UCS-2\), сообщений: 1</);
    const pages = [...page.body.matchAll(/href="(\/dev\/messages\/(\w\w)\/\w+)"/g)];
    expect(pages.length).toBeGreaterThan(40);
    for (const [, path = '', locale = ''] of pages) {
      const { status, body, headers } = await agent.get(path);
      expect([status, body.includes(`<html lang="${locale}">`)]).toEqual([200, true]);
      expect(headers['content-security-policy']).not.toContain('script');
    }
    expect((await agent.get('/dev/messages/ru/nothing')).status).toBe(404);
  });
});
