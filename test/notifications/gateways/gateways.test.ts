import { createServer, type AddressInfo, type Socket } from 'node:net';
import { loadConfig } from '../../../src/config';
import { createSmsGateway } from '../../../src/notifications/gateways';
import { createSmsRu } from '../../../src/notifications/gateways/sms-ru';
import { createSmsc } from '../../../src/notifications/gateways/smsc';
import { smsGatewayConformance } from '../../conformance/sms-gateway';
import { movableClock } from '../../support/clock';
import { CREDENTIALS, openSmsStandIn } from '../../support/sms';

const { login, psw, apiId } = CREDENTIALS;
const SMS = { to: '+79090000001', text: 'Проверка', id: 'a3bb189e-8bf9-3888-9912-ace4e6543002' };

smsGatewayConformance({
  name: 'smsc',
  create: (origin, sender) => createSmsc({ origins: [origin], credentials: { login, psw }, sender }),
  createStranger: (origin) => createSmsc({ origins: [origin], credentials: { apikey: 'wrong-key' } }),
  places: ['request'],
  codes: [
    [1, 'bad_request', 'gateway', false],
    [2, 'bad_credentials', 'gateway', false],
    [3, 'no_money', 'gateway', false],
    [4, 'account_limit', 'gateway', false],
    [5, 'bad_request', 'gateway', false],
    [6, 'sender_refused', 'gateway', false],
    [7, 'bad_number', 'message', false],
    [8, 'undeliverable', 'message', false],
    [9, 'repeated', 'message', true],
    [77, 'gateway_refused', 'gateway', false],
  ],
});

smsGatewayConformance({
  name: 'sms-ru',
  create: (origin, sender) => createSmsRu({ origin, apiId, sender }),
  createStranger: (origin) => createSmsRu({ origin, apiId: 'wrong-key' }),
  places: ['request', 'number'],
  codes: [
    [200, 'bad_credentials', 'gateway', false],
    [201, 'no_money', 'gateway', false],
    [202, 'undeliverable', 'message', false],
    [203, 'bad_request', 'gateway', false],
    [204, 'sender_refused', 'gateway', false],
    [205, 'too_long', 'message', false],
    [206, 'account_limit', 'gateway', false],
    [207, 'landline', 'message', false],
    [209, 'stop_list', 'message', false],
    [210, 'bad_request', 'gateway', false],
    [212, 'bad_request', 'gateway', false],
    [213, 'bad_request', 'gateway', false],
    [220, 'gateway_busy', 'gateway', true],
    [230, 'number_limit', 'message', false],
    [231, 'repeated', 'message', true],
    [232, 'repeated', 'message', false],
    [233, 'repeated', 'message', false],
    [300, 'bad_credentials', 'gateway', false],
    [301, 'bad_credentials', 'gateway', false],
    [302, 'bad_credentials', 'gateway', false],
    [500, 'gateway_busy', 'gateway', true],
    [999, 'gateway_refused', 'gateway', false],
  ],
});

describe('SMSC', () => {
  test.each([
    [1, 'bad_number'],
    [6, 'undeliverable'],
    [11, 'landline'],
    [13, 'stop_list'],
  ])('what the operator says of the number, %i: %s', async (code, reason) => {
    const standIn = await openSmsStandIn('smsc');
    const gateway = createSmsc({ origins: [standIn.origin], credentials: { login, psw } });
    await standIn.fail({ code, about: 'number' });
    expect(await gateway.send(SMS)).toMatchObject({ outcome: 'rejected', reason, retryable: false, code });
    await standIn.close();
  });

  test('the reserve takes over from a host that nobody listens at', async () => {
    const [first, reserve] = [await openSmsStandIn('smsc'), await openSmsStandIn('smsc')];
    await first.fail('refuse');
    const gateway = createSmsc({
      origins: [first.origin, reserve.origin],
      credentials: { apikey: apiId },
    });
    expect(await gateway.send(SMS)).toMatchObject({ outcome: 'accepted' });
    expect(reserve.accepted).toHaveLength(1);
    await reserve.close();
  });

  test('the reserve takes over from a host that says nothing while connecting, within the deadline', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const reserve = await openSmsStandIn('smsc');
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const gateway = createSmsc({ origins: [origin, reserve.origin], credentials: { apikey: apiId } });
    const began = performance.now();
    expect(await gateway.send(SMS)).toMatchObject({ outcome: 'accepted' });
    expect(performance.now() - began).toBeLessThan(3000);
    for (const socket of sockets) socket.destroy();
    silent.close();
    await reserve.close();
  });

  test.each(['accept_then_hang', 'accept_then_drop', 'drop'] as const)(
    'the reserve is not asked once the request has left (%s)',
    async (fault) => {
      const [first, reserve] = [await openSmsStandIn('smsc'), await openSmsStandIn('smsc')];
      await first.fail(fault);
      const gateway = createSmsc({
        origins: [first.origin, reserve.origin],
        credentials: { apikey: apiId },
      });
      expect(await gateway.send(SMS)).toMatchObject({ outcome: 'unknown' });
      expect([first.calls, reserve.calls]).toEqual([1, 0]);
      await first.close();
      await reserve.close();
    },
  );
});

describe('the gateway that the settings name', () => {
  test.each([
    ['smsc', { SMSC_LOGIN: login, SMSC_PASSWORD: psw, SMSC_SENDER: 'port.one' }],
    ['smsc', { SMSC_API_KEY: apiId, SMSC_SENDER: 'port.one' }],
    ['sms-ru', { SMS_RU_API_ID: apiId, SMS_RU_SENDER: 'port.one' }],
  ] as const)('%s with %o', async (name, env) => {
    const standIn = await openSmsStandIn(name);
    const config = loadConfig({
      SMS_GATEWAY: name,
      SMSC_URL: standIn.origin,
      SMS_RU_URL: standIn.origin,
      ...env,
    });
    expect(await createSmsGateway(config, movableClock()).send(SMS)).toMatchObject({ outcome: 'accepted' });
    expect(standIn.accepted).toEqual([{ to: '79090000001', text: 'Проверка', sender: 'port.one' }]);
    await standIn.close();
  });

  test('outbox, which carries nothing', async () => {
    const gateway = createSmsGateway(loadConfig({}), movableClock());
    expect(gateway.name).toBe('outbox');
    expect(await gateway.send(SMS)).toEqual({ outcome: 'accepted', id: SMS.id });
  });
});
