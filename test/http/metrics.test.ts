import { createMetrics } from '../../src/http/server/metrics';
import { startProduct, type TestProduct } from '../support/app';

const PAGES = [
  ...['/account', '/account/password', '/approvals/members', '/documents/terms', '/interaction/x/sign-in'],
  ...['/open/cabinet', '/prove-email', '/recovery', '/register', '/set-password', '/device', '/assets/x.css'],
  ...['/clients/cabinet/logo', '/health/ready', '/signed-in', '/device-connected', '/reg'],
];

describe('the time of answers', () => {
  let product: TestProduct;

  beforeAll(async () => {
    product = await startProduct('embedded');
  });
  afterAll(() => product.close());

  const labelsOf = async (paths: readonly string[]): Promise<string[]> => {
    const metrics = createMetrics();
    for (const path of paths) metrics.observeRequest(path, 200, 0.01);
    return [...(await metrics.text()).matchAll(/_seconds_count\{route="([^"]+)"/g)].map(
      ([, label = '']) => label,
    );
  };

  it('is told for each part of the product', async () => {
    const answer = await fetch(`${product.issuer}/.well-known/openid-configuration`);
    const endpoints = Object.entries((await answer.json()) as Record<string, unknown>)
      .filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
      .map(([, url]) => new URL(String(url)).pathname);
    expect(endpoints.length).toBeGreaterThan(6);
    for (const path of [...endpoints, ...PAGES])
      expect([path, await labelsOf([path])]).not.toContainEqual(['other']);
  });

  it('has one label for whatever else a stranger asks for', async () => {
    expect(await labelsOf(['/accounts', '/wp-login.php', '/tokens/1', '/'])).toEqual(['other']);
  });
});
