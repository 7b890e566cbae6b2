/** The settings of what the product asks and writes to outside of itself: directories, gateways, files, older portals. */
import {
  bucketName,
  headerToken,
  listOf,
  nameList,
  oneOf,
  origin,
  socketAddress,
  text,
  urlWith,
  wholeNumber,
  yesOrNo,
} from './readers';
import { optional, required } from './setting';

export const SERVICE_SETTINGS = {
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
  registrationPaths: required({
    name: 'REGISTRATION_PATHS',
    read: nameList,
    default: 'port-one',
    meaning:
      'registration paths at /register for people who come from no relying party: port-one, kit, kit-retail, psk-person, psk-company, agency; of several they choose',
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
