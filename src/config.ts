/**
 * The settings: one table of name, reader, default and meaning. `config/example.env` shows the same table and a
 * test holds the two together. This is the only file that reads the environment.
 */
import { readFileSync } from 'node:fs';
import {
  addressRanges,
  keyList,
  mailbox,
  oneOf,
  origin,
  port,
  text,
  urlWith,
  wholeNumber,
  type Reader,
} from './config-readers';

interface Setting<Value> {
  name: string;
  read: Reader<Value>;
  /** Text that stands when the variable is absent; undefined means "not set". */
  default?: string;
  meaning: string;
  /** May also come from the file that NAME_FILE names. */
  secret?: true;
}

const required = <Value>(setting: Setting<Value> & { default: string }): Setting<Value> => setting;
const optional = <Value>(setting: Setting<Value>): Setting<Value | undefined> => setting;

export const SETTINGS = {
  environment: required({
    name: 'NODE_ENV',
    read: oneOf('development', 'production', 'test'),
    default: 'development',
    meaning: 'production refuses everything that is insecure for convenience',
  }),
  issuer: required({
    name: 'ISSUER',
    read: origin,
    default: 'http://localhost:3000',
    meaning:
      'the origin people and relying parties see; every link is built from it; https in production; on a laptop it follows PORT',
  }),
  host: required({ name: 'HOST', read: text, default: '127.0.0.1', meaning: 'address to listen on' }),
  port: required({ name: 'PORT', read: port, default: '3000', meaning: 'port to listen on' }),
  dataDir: required({
    name: 'DATA_DIR',
    read: text,
    default: './data',
    meaning: 'folder of the embedded database and of the development key',
  }),
  databaseUrl: optional({
    name: 'DATABASE_URL',
    read: urlWith('postgres', 'postgresql'),
    meaning: 'Postgres 15 or newer; absent: an embedded database in DATA_DIR, one process only',
    secret: true,
  }),
  databasePoolSize: required({
    name: 'DATABASE_POOL_SIZE',
    read: wholeNumber(1, 200),
    default: '10',
    meaning: 'Postgres connections of one node',
  }),
  redisUrl: optional({
    name: 'REDIS_URL',
    read: urlWith('redis', 'rediss', 'redis+sentinel', 'redis+cluster'),
    meaning: 'Redis for sessions, codes, captchas and counters; absent: tables of the database',
    secret: true,
  }),
  secretKeys: optional({
    name: 'SECRET_KEY',
    read: keyList,
    meaning: 'master keys, newest first, separated by commas; encrypt at rest and sign cookies',
    secret: true,
  }),
  smtpUrl: optional({
    name: 'SMTP_URL',
    read: urlWith('smtp', 'smtps'),
    meaning: 'mail server, such as smtps://user:password@mail.example.com; absent: mails stay in the outbox',
    secret: true,
  }),
  mailFrom: required({
    name: 'MAIL_FROM',
    read: mailbox,
    default: 'port.one ID <no-reply@localhost.test>',
    meaning: 'sender of every mail',
  }),
  trustedProxies: required({
    name: 'TRUSTED_PROXIES',
    read: addressRanges,
    default: '',
    meaning: 'addresses or CIDR ranges of your reverse proxies; only they may say X-Forwarded-For',
  }),
  metricsPort: optional({
    name: 'METRICS_PORT',
    read: port,
    meaning: 'port of Prometheus metrics at /metrics; absent: no metrics',
  }),
  logLevel: required({
    name: 'LOG_LEVEL',
    read: oneOf('silent', 'error', 'warn', 'info', 'debug'),
    default: 'info',
    meaning: 'least severity that is logged',
  }),
  demoPort: required({
    name: 'DEMO_PORT',
    read: port,
    default: '3001',
    meaning: 'port of the demo cabinet (development only)',
  }),
  captchaProvider: required({
    name: 'CAPTCHA_PROVIDER',
    read: oneOf('picture', 'none', 'fixed'),
    default: 'picture',
    meaning: 'picture; none and fixed are for tests and refused in production',
  }),
  passwordWorkers: optional({
    name: 'PASSWORD_WORKERS',
    read: wholeNumber(1, 64),
    meaning: 'threads that check passwords; absent: one less than the processors',
  }),
  signInLimitAccount: required({
    name: 'SIGN_IN_LIMIT_ACCOUNT',
    read: wholeNumber(1, 1000),
    default: '10',
    meaning: 'wrong passwords for one account in 15 minutes',
  }),
  signInLimitAddress: required({
    name: 'SIGN_IN_LIMIT_ADDRESS',
    read: wholeNumber(1, 1_000_000),
    default: '60',
    meaning: 'failed sign-ins from one address (an IPv6 /64) in 15 minutes',
  }),
  signInLimitGlobal: required({
    name: 'SIGN_IN_LIMIT_GLOBAL',
    read: wholeNumber(1, 100_000_000),
    default: '5000',
    meaning: 'failed sign-ins altogether in 15 minutes',
  }),
  sessionDays: required({
    name: 'SESSION_DAYS',
    read: wholeNumber(1, 90),
    default: '14',
    meaning: 'days without a visit after which a sign-in ends',
  }),
  refreshTokenDays: required({
    name: 'REFRESH_TOKEN_DAYS',
    read: wholeNumber(1, 90),
    default: '30',
    meaning: 'days after a sign-in when its refresh tokens end for good',
  }),
  helpUrl: optional({
    name: 'HELP_URL',
    read: urlWith('https', 'http'),
    meaning: 'help link under every page',
  }),
  documentsUrl: optional({
    name: 'DOCUMENTS_URL',
    read: urlWith('https', 'http'),
    meaning: 'documents link under every page',
  }),
  supportPhone: optional({ name: 'SUPPORT_PHONE', read: text, meaning: 'support phone under every page' }),
  supportEmail: optional({
    name: 'SUPPORT_EMAIL',
    read: mailbox,
    meaning: 'support address under every page',
  }),
};

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
    [!env.MAIL_FROM, 'MAIL_FROM is required in production; set it to an address your mail server may use.'],
    [
      config.captchaProvider === 'none' || config.captchaProvider === 'fixed',
      'CAPTCHA_PROVIDER must be picture in production; none and fixed stop no robot.',
    ],
    [
      Boolean(env.DEMO_PORT),
      'DEMO_PORT must not be set in production; the demo cabinet does not exist there.',
    ],
    [config.logLevel === 'debug', 'LOG_LEVEL must be info or less in production.'],
  ];
  return rules.filter(([broken]) => broken).map(([, sentence]) => sentence);
}
