/**
 * The table of settings: name, reader, default, meaning. `config/example.env` shows the same rows in the same order,
 * and a test holds the two together.
 */
import {
  addressRanges,
  domainName,
  bucketName,
  headerToken,
  keyList,
  listOf,
  mailbox,
  oneOf,
  origin,
  port,
  rsaPrivateKey,
  socketAddress,
  text,
  urlWith,
  wholeNumber,
  yesOrNo,
  type Reader,
} from './readers';

export interface Setting<Value> {
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
  mailDkimDomain: optional({
    name: 'MAIL_DKIM_DOMAIN',
    read: domainName,
    meaning: 'domain that signs every mail (DKIM); the three MAIL_DKIM settings go together',
  }),
  mailDkimSelector: optional({
    name: 'MAIL_DKIM_SELECTOR',
    read: domainName,
    meaning: 'selector: the public key stands in the TXT record <selector>._domainkey.<domain>',
  }),
  mailDkimKey: optional({
    name: 'MAIL_DKIM_KEY',
    read: rsaPrivateKey,
    meaning: 'private RSA key in PEM that signs mails; line breaks may be written as \\n',
    secret: true,
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
    meaning: 'days without a visit after which a sign-in with «Запомнить меня» ends',
  }),
  sessionLimitDays: required({
    name: 'SESSION_LIMIT_DAYS',
    read: wholeNumber(1, 365),
    default: '30',
    meaning: 'days after which a sign-in with «Запомнить меня» ends, however often it is used',
  }),
  sessionHours: required({
    name: 'SESSION_HOURS',
    read: wholeNumber(1, 168),
    default: '12',
    meaning: 'hours without a visit after which any other sign-in ends; closing the browser ends it, too',
  }),
  sessionLimitHours: required({
    name: 'SESSION_LIMIT_HOURS',
    read: wholeNumber(1, 720),
    default: '24',
    meaning: 'hours after which any other sign-in ends, however often it is used',
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
  companyDirectories: required({
    name: 'COMPANY_DIRECTORIES',
    read: listOf('local', 'dadata'),
    default: 'local',
    meaning:
      'where companies are looked up by ИНН and КПП, in this order: local is the table that companies import fills, dadata is DaData.ru',
  }),
  dadataUrl: required({
    name: 'DADATA_URL',
    read: urlWith('https', 'http'),
    default: 'https://suggestions.dadata.ru/suggestions/api/4_1/rs',
    meaning: 'base address of the DaData suggestions',
  }),
  dadataApiKey: optional({
    name: 'DADATA_API_KEY',
    read: headerToken,
    meaning: 'API key of DaData, needed when COMPANY_DIRECTORIES names dadata',
    secret: true,
  }),
  smsGateway: required({
    name: 'SMS_GATEWAY',
    read: oneOf('outbox', 'smsc', 'sms-ru'),
    default: 'outbox',
    meaning: 'who carries text messages; outbox carries none and is refused in production',
  }),
  smscUrl: required({
    name: 'SMSC_URL',
    read: origin,
    default: 'https://smsc.ru',
    meaning: 'origin of SMSC.ru',
  }),
  smscReserveUrl: required({
    name: 'SMSC_RESERVE_URL',
    read: origin,
    default: 'https://www2.smsc.ru',
    meaning: 'origin to use when SMSC_URL cannot be connected to',
  }),
  smscLogin: optional({
    name: 'SMSC_LOGIN',
    read: text,
    meaning: 'login at SMSC.ru; not needed with SMSC_API_KEY',
  }),
  smscPassword: optional({
    name: 'SMSC_PASSWORD',
    read: text,
    meaning: 'password at SMSC.ru; not needed with SMSC_API_KEY',
    secret: true,
  }),
  smscApiKey: optional({
    name: 'SMSC_API_KEY',
    read: text,
    meaning: 'API key of SMSC.ru, instead of login and password',
    secret: true,
  }),
  smscSender: optional({
    name: 'SMSC_SENDER',
    read: text,
    meaning: 'sender name agreed with SMSC.ru; absent: its default',
  }),
  smsRuUrl: required({
    name: 'SMS_RU_URL',
    read: origin,
    default: 'https://sms.ru',
    meaning: 'origin of SMS.ru',
  }),
  smsRuApiId: optional({
    name: 'SMS_RU_API_ID',
    read: text,
    meaning: 'API id (api_id) at SMS.ru',
    secret: true,
  }),
  smsRuSender: optional({
    name: 'SMS_RU_SENDER',
    read: text,
    meaning: 'sender name agreed with SMS.ru; absent: its default',
  }),
  smsLimitPrefix: required({
    name: 'SMS_LIMIT_PREFIX',
    read: wholeNumber(1, 1_000_000),
    default: '30',
    meaning: 'text messages an hour to numbers that begin with the same seven digits',
  }),
  smsLimitAddress: required({
    name: 'SMS_LIMIT_ADDRESS',
    read: wholeNumber(1, 1_000_000),
    default: '20',
    meaning: 'text messages an hour asked for from one address (an IPv6 /64)',
  }),
  smsLimitGlobal: required({
    name: 'SMS_LIMIT_GLOBAL',
    read: wholeNumber(1, 100_000_000),
    default: '1000',
    meaning:
      'text messages an hour altogether; what is over it is refused, so that no robot empties the account',
  }),
  fileStorage: required({
    name: 'FILE_STORAGE',
    read: oneOf('folder', 's3'),
    default: 'folder',
    meaning:
      'where powers of attorney lie, sealed under SECRET_KEY: folder is DATA_DIR/files, which several nodes must share; s3 is a bucket',
  }),
  s3Endpoint: optional({
    name: 'S3_ENDPOINT',
    read: origin,
    meaning: 'origin of the S3-compatible storage, needed with FILE_STORAGE=s3; https in production',
  }),
  s3Bucket: optional({
    name: 'S3_BUCKET',
    read: bucketName,
    meaning: 'bucket of the documents, needed with FILE_STORAGE=s3',
  }),
  s3Region: required({
    name: 'S3_REGION',
    read: bucketName,
    default: 'us-east-1',
    meaning: 'region that requests to the storage are signed for',
  }),
  s3AccessKey: optional({
    name: 'S3_ACCESS_KEY',
    read: headerToken,
    meaning: 'access key of the storage, needed with FILE_STORAGE=s3',
    secret: true,
  }),
  s3SecretKey: optional({
    name: 'S3_SECRET_KEY',
    read: text,
    meaning: 'secret key of the storage, needed with FILE_STORAGE=s3',
    secret: true,
  }),
  clamavSocket: optional({
    name: 'CLAMAV_SOCKET',
    read: socketAddress,
    meaning:
      'socket of ClamAV, /run/clamav/clamd.ctl or host:3310; what is attached goes through it first; absent: no antivirus',
  }),
  recoveryTellsUnknown: required({
    name: 'RECOVERY_TELLS_UNKNOWN',
    read: yesOrNo,
    default: 'no',
    meaning:
      'yes: recovery says of an e-mail or phone that it has no account, and where the code went; anybody can then find out who has one',
  }),
  legacyCheck: required({
    name: 'LEGACY_CHECK',
    read: oneOf('none', 'import', 'http'),
    default: 'none',
    meaning:
      "how an old password of the КТСП Web-portal proves that its login is the person's: import asks the hashes of legacy import, http asks LEGACY_CHECK_URL, none leaves it to a reviewer",
  }),
  legacyCheckUrl: optional({
    name: 'LEGACY_CHECK_URL',
    read: urlWith('https', 'http'),
    meaning: 'address that LEGACY_CHECK=http posts {"login", "password"} to; https in production',
  }),
  legacyCheckToken: optional({
    name: 'LEGACY_CHECK_TOKEN',
    read: headerToken,
    meaning: 'bearer token for LEGACY_CHECK_URL',
    secret: true,
  }),
};
