import { addDevelopmentRoutes } from '../../src/development/routes';
import { addSeconds } from '../../src/clock';
import { enqueue } from '../../src/notifications/outbox';
import { createAgent } from '../support/agent';
import { startProduct, type TestProduct } from '../support/app';

describe('the outbox page of development', () => {
  let product: TestProduct;
  beforeAll(async () => {
    product = await startProduct('embedded', { extraRoutes: addDevelopmentRoutes });
  });
  afterAll(() => product.close());

  test('shows a text message beside the mails, within a second', async () => {
    const { db, secrets, clock } = product.app;
    const expiresAt = addSeconds(clock.now(), 600);
    const values = { code: '123456' };
    await enqueue(
      db,
      secrets,
      { channel: 'sms', to: '+79090000001', template: 'phone_code', locale: 'ru', values, expiresAt },
      clock,
    );
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const agent = createAgent(product.issuer);
    const page = await agent.get('/dev/outbox');
    expect(page.status).toBe(200);
    expect(page.body).toContain('<h2>SMS</h2>');
    expect(page.body).toContain('+79090000001');
    expect(page.body).toContain('код 123456 для регистрации');
    const { body } = await agent.get('/dev/outbox.json');
    expect(JSON.parse(body)).toMatchObject([{ channel: 'sms', status: 'sent', codes: ['123456'] }]);
  });
});
