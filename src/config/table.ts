/**
 * The table of settings: name, reader, default, meaning. `config/example.env` shows the same rows in the same order,
 * and a test holds the two together.
 */
import {
  addressRanges,
  domainName,
  headerName,
  keyList,
  mailbox,
  oneOf,
  origin,
  port,
  rsaPrivateKey,
  salt,
  text,
  urlWith,
  wholeNumber,
} from './readers';
import { ACCOUNT_RULE_SETTINGS } from './account-rules';
import { SERVICE_SETTINGS } from './services';
import { optional, required } from './setting';

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
  workers: required({
    name: 'WORKERS',
    read: wholeNumber(1, 64),
    default: '1',
    meaning: 'processes that share PORT on this machine, each with its own pool; several need DATABASE_URL',
  }),
  shutdownNotice: optional({
    name: 'SHUTDOWN_NOTICE',
    read: wholeNumber(0, 60),
    meaning:
      'seconds that a node which is told to stop still takes requests, so that proxies notice first; absent: 3 in production, else 0',
  }),
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
  mtlsCertificateHeader: optional({
    name: 'MTLS_CERTIFICATE_HEADER',
    read: headerName,
    meaning:
      'header in which TRUSTED_PROXIES hand on the certificate of a relying party; absent: no certificates (RFC 8705)',
  }),
  mtlsVerifiedHeader: optional({
    name: 'MTLS_VERIFIED_HEADER',
    read: headerName,
    meaning: 'header in which they say SUCCESS when a CA of theirs has signed it; needed for tls_client_auth',
  }),
  mtlsOrigin: optional({
    name: 'MTLS_ORIGIN',
    read: origin,
    meaning: 'origin where the proxy asks for certificates, told as mtls_endpoint_aliases; absent: ISSUER',
  }),
  relyingPartyNetworks: required({
    name: 'RELYING_PARTY_NETWORKS',
    read: addressRanges,
    default: '',
    meaning:
      'private addresses or CIDR ranges where relying parties may be called (logout, keys); public ones always may',
  }),
  pairwiseSalt: optional({
    name: 'PAIRWISE_SALT',
    read: salt,
    meaning:
      'makes the subjects of relying parties with subject_type pairwise; never change it, they would know nobody any more',
    secret: true,
  }),
  clientRegistration: required({
    name: 'CLIENT_REGISTRATION',
    read: oneOf('off', 'token'),
    default: 'off',
    meaning:
      'token: software with a token of clients registration-token create registers itself as a relying party (RFC 7591)',
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
  signingKeyRotationDays: required({
    name: 'SIGNING_KEY_ROTATION_DAYS',
    read: wholeNumber(0, 730),
    default: '90',
    meaning: 'days after which the next signing keys take over; 0: only by keys rotate',
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
  ...SERVICE_SETTINGS,
  ...ACCOUNT_RULE_SETTINGS,
};
