/** What every SMS gateway must do: the words of src/notifications/sms/gateway.ts, against a stand-in with faults. */
import { BREAKER_FAILURES, BREAKER_SECONDS, withBreaker } from '../../src/notifications/sms/breaker';
import type { RejectionReason, SmsGateway } from '../../src/notifications/sms/gateway';
import { movableClock } from '../support/clock';
import { openSmsStandIn, type SmsFault, type SmsProtocol, type SmsStandIn } from '../support/sms';

export interface GatewayUnderTest {
  name: SmsProtocol;
  create(origin: string, sender?: string): SmsGateway;
  /** The same with credentials that are wrong. */
  createStranger(origin: string): SmsGateway;
  /** Every code of the provider, where it may stand, and what it means. */
  codes: [code: number, reason: RejectionReason, about: 'message' | 'gateway', retryable: boolean][];
  places: ('request' | 'number')[];
}

const TEXT = 'port.one: код 123456 для регистрации. Ёлка «№ 7»';
const SMS = { to: '+79090000001', text: TEXT, id: 'a3bb189e-8bf9-3888-9912-ace4e6543002' };
const DEADLINE = 3000;
const MARGIN = 3000;

export function smsGatewayConformance({
  name,
  create,
  createStranger,
  codes,
  places,
}: GatewayUnderTest): void {
  describe(`SMS gateway ${name}`, () => {
    let standIn: SmsStandIn;
    let gateway: SmsGateway;
    beforeEach(async () => {
      standIn = await openSmsStandIn(name);
      gateway = create(standIn.origin);
    });
    afterEach(() => standIn.close());

    test('carries number, Cyrillic text and sender in one call', async () => {
      const result = await create(standIn.origin, 'port.one').send(SMS);
      expect(result).toEqual({ outcome: 'accepted', id: expect.stringMatching(/^[\d-]+$/) as string });
      expect(standIn.accepted).toEqual([{ to: '79090000001', text: TEXT, sender: 'port.one' }]);
      expect(standIn.calls).toBe(1);
    });

    test('leaves the sender out when there is none', async () => {
      await gateway.send(SMS);
      expect(standIn.accepted).toMatchObject([{ sender: undefined }]);
    });

    const cases = places.flatMap((place) => codes.map((row) => [place, ...row] as const));
    test.each(cases)('%s error %i inside HTTP 200: %s', async (place, code, reason, about, retryable) => {
      await standIn.fail({ code, about: place });
      expect(await gateway.send(SMS)).toMatchObject({ outcome: 'rejected', reason, about, retryable, code });
      expect(standIn.calls).toBe(1);
      expect(standIn.accepted).toEqual([]);
    });

    test('a repetition is not tried again within its minute', async () => {
      const [code = 0] = codes.find(([, reason, , retryable]) => reason === 'repeated' && retryable) ?? [];
      await standIn.fail({ code, about: 'request' });
      expect(await gateway.send(SMS)).toMatchObject({ retryAfter: 60 });
    });

    test('wrong credentials are said to be wrong, and are not in the result', async () => {
      const result = await createStranger(standIn.origin).send(SMS);
      expect(result).toMatchObject({ outcome: 'rejected', reason: 'bad_credentials', retryable: false });
      expect(JSON.stringify(result)).not.toMatch(/wrong-key|7909|123456/);
    });

    test.each([500, 502, 504, 408])('after HTTP %i nobody knows', async (status) => {
      await standIn.fail({ status });
      expect(await gateway.send(SMS)).toMatchObject({ outcome: 'unknown' });
      expect(standIn.calls).toBe(1);
    });

    test.each([
      [429, undefined, 10],
      [503, undefined, 10],
      [429, 30, 30],
      [503, 86_400, 120],
    ])('HTTP %i with Retry-After %s: later, not now', async (status, retryAfter, seconds) => {
      await standIn.fail({ status, retryAfter });
      expect(await gateway.send(SMS)).toMatchObject({
        outcome: 'rejected',
        reason: 'gateway_busy',
        retryable: true,
        retryAfter: seconds,
      });
      expect(standIn.calls).toBe(1);
    });

    test.each([302, 307, 400, 403, 404])('HTTP %i is a refusal, and leads nowhere', async (status) => {
      await standIn.fail({ status });
      expect(await gateway.send(SMS)).toMatchObject({
        outcome: 'rejected',
        retryable: false,
        about: 'gateway',
      });
      expect(standIn.calls).toBe(1);
    });

    test.each<SmsFault & string>(['garbage', 'empty', 'truncated', 'other_json', 'drop', 'flood'])(
      '%s: unknown',
      async (fault) => {
        await standIn.fail(fault);
        expect(await gateway.send(SMS)).toMatchObject({ outcome: 'unknown' });
        expect(standIn.calls).toBe(1);
      },
    );

    test.each<SmsFault & string>(['hang', 'trickle', 'accept_then_hang', 'accept_then_drop'])(
      '%s: unknown within three seconds, and one message at most',
      async (fault) => {
        await standIn.fail(fault);
        const began = performance.now();
        expect(await gateway.send(SMS)).toMatchObject({ outcome: 'unknown' });
        expect(performance.now() - began).toBeLessThan(DEADLINE + MARGIN);
        expect(standIn.calls).toBe(1);
        expect(standIn.accepted.length).toBe(fault.startsWith('accept') ? 1 : 0);
      },
    );

    test('nobody listening: certainly not sent, may be tried again', async () => {
      await standIn.fail('refuse');
      const began = performance.now();
      expect(await gateway.send(SMS)).toMatchObject({
        outcome: 'rejected',
        reason: 'gateway_unreachable',
        retryable: true,
      });
      expect(performance.now() - began).toBeLessThan(DEADLINE + MARGIN);
    });

    describe('behind the breaker', () => {
      let clock = movableClock();
      let guarded: SmsGateway;
      beforeEach(() => {
        clock = movableClock();
        guarded = withBreaker(gateway, clock);
      });
      const sendMany = async (times: number): Promise<void> => {
        for (let i = 0; i < times; i += 1) await guarded.send(SMS);
      };

      test('five failures in a row open it; nothing is called for at most thirty seconds', async () => {
        expect(BREAKER_SECONDS).toBeLessThanOrEqual(30);
        await standIn.fail({ status: 500 });
        await sendMany(BREAKER_FAILURES);
        expect(standIn.calls).toBe(5);
        await standIn.fail(undefined);
        expect(await guarded.send(SMS)).toMatchObject({
          outcome: 'rejected',
          reason: 'gateway_resting',
          retryable: true,
          retryAfter: BREAKER_SECONDS,
        });
        clock.advance(BREAKER_SECONDS - 1);
        await sendMany(10);
        expect(standIn.calls).toBe(5);
      });

      test('half open, it lets one of many through; a success closes it', async () => {
        await standIn.fail({ status: 429 });
        await sendMany(BREAKER_FAILURES);
        await standIn.fail(undefined);
        clock.advance(BREAKER_SECONDS);
        const results = await Promise.all(Array.from({ length: 10 }, () => guarded.send(SMS)));
        expect(results.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(1);
        expect(standIn.calls).toBe(6);
        await sendMany(3);
        expect(standIn.accepted).toHaveLength(4);
      });

      test('a failure of that one keeps it open', async () => {
        await standIn.fail('refuse');
        await sendMany(BREAKER_FAILURES);
        clock.advance(BREAKER_SECONDS);
        await guarded.send(SMS);
        await standIn.fail(undefined);
        await sendMany(5);
        expect(standIn.calls).toBe(0);
        clock.advance(BREAKER_SECONDS);
        expect(await guarded.send(SMS)).toMatchObject({ outcome: 'accepted' });
      });

      test('refusals of single messages, or fewer than five failures in a row, leave it closed', async () => {
        const [code = 0] = codes.find(([, , about]) => about === 'message') ?? [];
        await standIn.fail({ code, about: 'request' });
        await sendMany(8);
        await standIn.fail({ status: 500 });
        await sendMany(4);
        await standIn.fail(undefined);
        await sendMany(1);
        await standIn.fail({ status: 500 });
        await sendMany(4);
        await standIn.fail(undefined);
        expect(await guarded.send(SMS)).toMatchObject({ outcome: 'accepted' });
      });
    });
  });
}
