/** APIs, what may be asked for at them, and who exchanges tokens for them, from the command line. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDesk, type Desk } from './desk';

const CABINET = ['clients', 'create', '--id', 'cabinet', '--name', 'Кабинет'];
const REDIRECT = ['--redirect-uri', 'https://lk.example.com/callback'];

describe('resources', () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk('embedded');
  });
  afterAll(() => desk.close());

  const events = async () =>
    (await desk.database.db.selectFrom('audit').select(['event', 'subject']).execute()).map(
      ({ event, subject }) => `${event} ${subject ?? ''}`,
    );
  const make = (...more: string[]) => desk.json<object>(...CABINET, ...REDIRECT, ...more);

  test('an API is changed, and says what may be asked for in one piece', async () => {
    const [uri = '', ...api] = ['https://api.example.com/stock', '--name', 'Склад', '--scope', 'stock:read'];
    await desk.json('resources', 'create', uri, ...api);
    expect((await desk.run('resources', 'update', uri)).code).toBe(2);
    expect((await desk.run('resources', 'update', 'https://x.example', '--alg', 'EdDSA')).code).toBe(3);
    expect((await desk.run('resources', 'update', uri, '--scope', 'openid')).err).toContain('colon');
    expect(await desk.json('resources', 'update', uri, '--alg', 'EdDSA', '--format', 'opaque')).toMatchObject(
      {
        ...{ uri, name: 'Склад', scope: 'stock:read', token_format: 'opaque', alg: 'EdDSA' },
      },
    );
    const file = readFileSync(join(__dirname, '../../config/shipment.example.json'));
    desk.files.set('shipment.json', file);
    desk.files.set('wrong.json', Buffer.from(file.toString().replace('"en": "Place"', '"de": "Platz"')));
    expect((await desk.run('resources', 'add-type', uri, 'wrong.json')).err).toContain('fields.warehouse');
    expect((await desk.run('resources', 'add-type', 'https://x.example', 'shipment.json')).code).toBe(3);
    await desk.json('resources', 'add-type', uri, 'shipment.json');
    expect((await desk.run('resources', 'add-type', uri, 'shipment.json')).code).toBe(4);
    expect((await desk.run('resources', 'list-types')).out).toContain('stock_shipment');
    expect((await desk.run('resources', 'remove-type', 'stock_shipment', '--yes')).code).toBe(0);
    expect(await events()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^resource_updated resource:/),
        expect.stringMatching(/^authorization_type_created resource:/),
        expect.stringMatching(/^authorization_type_deleted resource:/),
      ]),
    );
  });

  test('a certificate and token exchange are said by options', async () => {
    const bank = ['--auth-method', 'tls_client_auth', '--certificate-name', 'dns:bank.example.com'];
    const fapi = ['--profile', 'fapi2', '--certificate-bound'];
    expect(await make(...bank, ...fapi)).toMatchObject({
      ...{ has_secret: false, tls_client_auth_san_dns: 'bank.example.com' },
      ...{ tls_client_certificate_bound_access_tokens: true, dpop_bound_access_tokens: false },
    });
    expect((await desk.run('clients', 'update', 'cabinet', '--certificate-name', 'bank')).code).toBe(2);
    const named = await desk.json('clients', 'update', 'cabinet', '--certificate-name', 'ip:192.0.2.1');
    expect(named).toMatchObject({ tls_client_auth_san_ip: '192.0.2.1' });
    expect(named).not.toHaveProperty('tls_client_auth_san_dns');
    const grant = ['--grant', 'urn:ietf:params:oauth:grant-type:token-exchange'];
    const orders = ['clients', 'create', '--id', 'orders', '--name', 'Заказы', ...grant];
    expect((await desk.run(...orders)).err).toContain('exchange_resources');
    const lists = ['--exchange-from', 'cabinet', '--exchange-resource', 'https://api.example.com/stock'];
    expect((await desk.run(...orders, ...lists, '--public')).err).toContain('token exchange needs');
    expect(await desk.json(...orders, ...lists)).toMatchObject({ exchange_from: ['cabinet'] });
  });
});
