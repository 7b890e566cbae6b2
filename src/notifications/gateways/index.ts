/** The list of SMS gateways. A new one is its file, one line here and its settings. */
import type { Clock } from '../../clock';
import type { Config } from '../../config';
import { withBreaker } from '../sms/breaker';
import type { SmsGateway } from '../sms/gateway';
import { createOutboxGateway } from './outbox';
import { createSmsRu } from './sms-ru';
import { createSmsc } from './smsc';

export type SmsSettings = Pick<
  Config,
  | 'smsGateway'
  | 'smscUrl'
  | 'smscReserveUrl'
  | 'smscLogin'
  | 'smscPassword'
  | 'smscApiKey'
  | 'smscSender'
  | 'smsRuUrl'
  | 'smsRuApiId'
  | 'smsRuSender'
>;

const GATEWAYS = {
  outbox: createOutboxGateway,
  smsc: (settings) =>
    createSmsc({
      origins: [settings.smscUrl, settings.smscReserveUrl],
      credentials:
        settings.smscApiKey === undefined
          ? { login: needed(settings.smscLogin), psw: needed(settings.smscPassword) }
          : { apikey: settings.smscApiKey },
      sender: settings.smscSender,
    }),
  'sms-ru': (settings) =>
    createSmsRu({
      origin: settings.smsRuUrl,
      apiId: needed(settings.smsRuApiId),
      sender: settings.smsRuSender,
    }),
} satisfies Record<SmsSettings['smsGateway'], (settings: SmsSettings) => SmsGateway>;

/** `loadConfig` has refused settings without it. */
function needed(credential: string | undefined): string {
  if (credential === undefined) throw new Error('SMS_GATEWAY names a gateway without its credentials');
  return credential;
}

/** The gateway that the configuration names, behind a breaker. */
export function createSmsGateway(settings: SmsSettings, clock: Clock): SmsGateway {
  return withBreaker(GATEWAYS[settings.smsGateway](settings), clock);
}
