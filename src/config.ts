/**
 * The settings: one table of name, reader, default and meaning. `config/example.env` shows the same table and a
 * test holds the two together. This is the only file that reads the environment.
 */
import { readFileSync } from 'node:fs';
import type { Setting } from './config/setting';
import { SETTINGS } from './config/table';

export type Config = Readonly<{
  [Key in keyof typeof SETTINGS]: (typeof SETTINGS)[Key] extends Setting<infer Value> ? Value : never;
}>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** All faults of the settings at once, one sentence each. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads every setting. @throws ConfigError listing all faults together. */
export function loadConfig(env: Environment = process.env): Config {
  const faults: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    try {
      const given = rawValue(setting, env);
      values[key] = given === undefined ? undefined : setting.read(given);
    } catch (error) {
      faults.push(`${setting.name} ${error instanceof Error ? error.message : 'is not usable'}.`);
    }
  }
  // On a laptop a moved port moves the address with it.
  if (!env.ISSUER && values.environment !== 'production')
    values.issuer = `http://localhost:${String(values.port)}`;
  const config = Object.freeze(values) as unknown as Config;
  faults.push(...missingCredentials(config));
  if (config.environment === 'production') faults.push(...productionFaults(config, env));
  if (faults.length > 0) throw new ConfigError(faults);
  return config;
}

function rawValue(setting: Setting<unknown>, env: Environment): string | undefined {
  const direct = env[setting.name]?.trim();
  const file = setting.secret ? env[`${setting.name}_FILE`]?.trim() : undefined;
  if (direct && file) throw new Error(`and ${setting.name}_FILE are both set; keep one`);
  if (file) return readSecretFile(setting.name, file);
  return direct === undefined || direct === '' ? setting.default : direct;
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Error(`cannot be read from the file that ${name}_FILE names (${file})`);
  }
}

/** A gateway that is named can be used. */
function missingCredentials(config: Config): string[] {
  if (config.workers > 1 && !config.databaseUrl)
    return ['WORKERS above 1 needs DATABASE_URL; the embedded database serves one process.'];
  const { mtlsCertificateHeader, mtlsVerifiedHeader, mtlsOrigin } = config;
  if (mtlsCertificateHeader === undefined && (mtlsVerifiedHeader ?? mtlsOrigin) !== undefined)
    return ['MTLS_CERTIFICATE_HEADER is required with MTLS_VERIFIED_HEADER and MTLS_ORIGIN.'];
  if (mtlsCertificateHeader !== undefined && mtlsCertificateHeader === mtlsVerifiedHeader)
    return ['MTLS_CERTIFICATE_HEADER and MTLS_VERIFIED_HEADER must be two headers.'];
  const dkim = [config.mailDkimDomain, config.mailDkimSelector, config.mailDkimKey];
  if (dkim.includes(undefined) && dkim.some((part) => part !== undefined))
    return ['MAIL_DKIM_DOMAIN, MAIL_DKIM_SELECTOR and MAIL_DKIM_KEY go together: set all of them or none.'];
  const { smsGateway, smscApiKey, smscLogin, smscPassword, smsRuApiId } = config;
  if (smsGateway === 'smsc' && !smscApiKey && !(smscLogin && smscPassword))
    return ['SMSC_API_KEY, or SMSC_LOGIN and SMSC_PASSWORD, are required with SMS_GATEWAY=smsc.'];
  if (smsGateway === 'sms-ru' && !smsRuApiId) return ['SMS_RU_API_ID is required with SMS_GATEWAY=sms-ru.'];
  if (config.legacyCheck === 'http' && !(config.legacyCheckUrl && config.legacyCheckToken))
    return ['LEGACY_CHECK_URL and LEGACY_CHECK_TOKEN are required with LEGACY_CHECK=http.'];
  const { s3Endpoint, s3Bucket, s3AccessKey, s3SecretKey } = config;
  if (config.fileStorage === 's3' && !(s3Endpoint && s3Bucket && s3AccessKey && s3SecretKey))
    return ['S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY and S3_SECRET_KEY are required with FILE_STORAGE=s3.'];
  return [];
}

/** What production refuses, each with what to set instead. */
function productionFaults(config: Config, env: Environment): string[] {
  const rules: [boolean, string][] = [
    [
      !config.issuer?.startsWith('https://'),
      'ISSUER must be an https origin in production; set it to the address people see.',
    ],
    [
      !config.secretKeys,
      'SECRET_KEY is required in production; set it to the output of: openssl rand -base64 33',
    ],
    [!config.databaseUrl, 'DATABASE_URL is required in production; the embedded database serves one laptop.'],
    [!config.smtpUrl, 'SMTP_URL is required in production; without it no mail leaves the outbox.'],
    [
      sendsMailPasswordInClear(config.smtpUrl),
      'SMTP_URL must be smtps, or end with ?requireTLS=true, in production where it holds a password.',
    ],
    [!env.MAIL_FROM, 'MAIL_FROM is required in production; set it to an address your mail server may use.'],
    [
      config.captchaProvider === 'none' || config.captchaProvider === 'fixed',
      'CAPTCHA_PROVIDER must be picture in production; none and fixed stop no robot.',
    ],
    [
      Boolean(env.DEMO_PORT),
      'DEMO_PORT must not be set in production; the demo cabinet does not exist there.',
    ],
    [
      config.mtlsOrigin?.startsWith('http://') === true,
      'MTLS_ORIGIN must be an https origin in production; certificates are shown there.',
    ],
    [config.logLevel === 'debug', 'LOG_LEVEL must be info or less in production.'],
    [
      config.s3Endpoint?.startsWith('http://') === true,
      'S3_ENDPOINT must be an https origin in production; credentials go there.',
    ],
    [
      [config.helpUrl, config.documentsUrl].some((url) => url?.startsWith('http://')),
      'HELP_URL and DOCUMENTS_URL must be https addresses in production; people open them from every page.',
    ],
    [
      config.smsGateway === 'outbox',
      'SMS_GATEWAY must be smsc or sms-ru in production; outbox carries no message.',
    ],
    [
      config.dadataUrl.startsWith('http://'),
      'DADATA_URL must be an https URL in production; an API key goes there.',
    ],
    [
      config.legacyCheckUrl?.startsWith('http://') === true,
      'LEGACY_CHECK_URL must be an https URL in production; passwords go there.',
    ],
    [
      [config.smscUrl, config.smscReserveUrl, config.smsRuUrl].some((url) => url?.startsWith('http://')),
      'SMSC_URL, SMSC_RESERVE_URL and SMS_RU_URL must be https origins in production; credentials go there.',
    ],
  ];
  return rules.filter(([broken]) => broken).map(([, sentence]) => sentence);
}

/** True where a password would go to whoever answers without TLS; a relay beside this program may do without both. */
function sendsMailPasswordInClear(smtpUrl: string | undefined): boolean {
  const url = smtpUrl === undefined ? null : URL.parse(smtpUrl);
  return url?.protocol === 'smtp:' && url.password !== '' && url.searchParams.get('requireTLS') !== 'true';
}
