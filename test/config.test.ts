import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig } from '../src/config';
import { SETTINGS } from '../src/config/table';

const KEY = 'k3y-of-a-test-0123456789-abcdefghijkl';
const PRODUCTION = {
  NODE_ENV: 'production',
  ISSUER: 'https://id.example.com',
  SECRET_KEY: KEY,
  DATABASE_URL: 'postgres://app@db.example.com/id',
  SMTP_URL: 'smtps://mail.example.com',
  MAIL_FROM: 'port.one ID <no-reply@example.com>',
  SMS_GATEWAY: 'smsc',
  SMSC_API_KEY: 'key-of-no-value',
};

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

describe('settings', () => {
  it('need nothing on a laptop', () => {
    expect(loadConfig({})).toMatchObject({
      environment: 'development',
      issuer: 'http://localhost:3000',
      databaseUrl: undefined,
      captchaProvider: 'picture',
    });
  });

  it('move the address with the port on a laptop', () => {
    expect(loadConfig({ PORT: '4000' }).issuer).toBe('http://localhost:4000');
    expect(loadConfig({ PORT: '4000', ISSUER: 'https://id.example.com' }).issuer).toBe(
      'https://id.example.com',
    );
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });

  it('report all faults together, each with what to do', () => {
    const faults = faultsOf({
      PORT: 'eighty',
      ISSUER: 'id.example.com',
      LOG_LEVEL: 'loud',
      TRUSTED_PROXIES: '10.0.0.0/99',
    });
    expect(faults).toHaveLength(4);
    for (const name of ['PORT', 'ISSUER', 'LOG_LEVEL', 'TRUSTED_PROXIES']) {
      expect(faults.some((fault) => fault.startsWith(`${name} must `))).toBe(true);
    }
  });

  it.each([
    ['https://id.example.com/path', 'ISSUER'],
    ['ftp://id.example.com', 'ISSUER'],
    ['https://user@id.example.com', 'ISSUER'],
  ])('refuse %s as %s', (value, name) => {
    expect(faultsOf({ [name]: value })).toHaveLength(1);
  });

  it.each(['short', `${KEY},short`, 'a'.repeat(40)])('refuse %s as a key', (key) => {
    expect(faultsOf({ SECRET_KEY: key })).toHaveLength(1);
  });

  it('take a list of keys, newest first', () => {
    const keys = [KEY, KEY.toUpperCase()];
    expect(loadConfig({ SECRET_KEY: keys.join(', ') }).secretKeys).toEqual(keys);
  });
});

const RSA_KEY = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()
  .trim();

describe('settings of DKIM', () => {
  const whole = { MAIL_DKIM_DOMAIN: 'example.com', MAIL_DKIM_SELECTOR: 'mail', MAIL_DKIM_KEY: RSA_KEY };

  it('stand together, the key in one line or many', () => {
    expect(loadConfig(whole).mailDkimKey).toBe(RSA_KEY);
    expect(loadConfig({ ...whole, MAIL_DKIM_KEY: RSA_KEY.replaceAll('\n', '\\n') }).mailDkimKey).toBe(
      RSA_KEY,
    );
  });

  it.each(Object.keys(whole))('are refused without %s', (name) => {
    expect(faultsOf({ ...whole, [name]: '' })).toEqual([expect.stringContaining('go together')]);
  });

  it('are refused with what is no key, which is not repeated', () => {
    const faults = faultsOf({ ...whole, MAIL_DKIM_KEY: 'no-key-at-all' }).join();
    expect(faults).toContain('MAIL_DKIM_KEY must be a private RSA key');
    expect(faults).not.toContain('no-key-at-all');
  });
});

describe('secrets from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'));
  const file = join(folder, 'key');
  beforeAll(() => {
    writeFileSync(file, `${KEY}\n`);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each(Object.values(SETTINGS).filter((setting) => 'secret' in setting))(
    '$name may come from a file',
    ({ name }) => {
      const values: Record<string, string> = {
        SECRET_KEY: KEY,
        DATABASE_URL: 'postgres://db.example.com/id',
        REDIS_URL: 'redis://redis.example.com',
        SMTP_URL: 'smtp://mail.example.com',
        PAIRWISE_SALT: KEY,
        DADATA_API_KEY: 'key-of-no-value',
        SMSC_PASSWORD: 'password-of-no-value',
        SMSC_API_KEY: 'key-of-no-value',
        SMS_RU_API_ID: 'id-of-no-value',
        MAIL_DKIM_KEY: RSA_KEY,
        LEGACY_CHECK_TOKEN: 'token-of-no-value',
        S3_ACCESS_KEY: 'key-of-no-value',
        S3_SECRET_KEY: 'key-of-no-value',
      };
      const dkim = { MAIL_DKIM_DOMAIN: 'example.com', MAIL_DKIM_SELECTOR: 'mail' };
      const own = join(folder, name);
      writeFileSync(own, `${values[name] ?? ''}\n`);
      const config = Object.values(
        loadConfig({ [`${name}_FILE`]: own, ...(name === 'MAIL_DKIM_KEY' ? dkim : {}) }),
      );
      expect(config).toContainEqual(name === 'SECRET_KEY' ? [KEY] : values[name]);
    },
  );

  it('say so when both are set, or the file cannot be read', () => {
    expect(faultsOf({ SECRET_KEY: KEY, SECRET_KEY_FILE: file })[0]).toContain('keep one');
    expect(faultsOf({ SECRET_KEY_FILE: join(folder, 'absent') })[0]).toContain('cannot be read');
  });
});

describe('production', () => {
  it('accepts secure settings', () => {
    expect(faultsOf(PRODUCTION)).toEqual([]);
    for (const SMTP_URL of ['smtp://mail.example.com', 'smtp://me:pass@mail.example.com?requireTLS=true'])
      expect(faultsOf({ ...PRODUCTION, SMTP_URL })).toEqual([]);
  });

  it.each([
    [{ ISSUER: 'http://id.example.com' }, 'ISSUER'],
    [{ ISSUER: '' }, 'ISSUER'],
    [{ SECRET_KEY: '' }, 'SECRET_KEY'],
    [{ DATABASE_URL: '' }, 'DATABASE_URL'],
    [{ SMTP_URL: '' }, 'SMTP_URL'],
    [{ SMTP_URL: 'smtp://me:pass@mail.example.com' }, 'SMTP_URL'],
    [{ MAIL_FROM: '' }, 'MAIL_FROM'],
    [{ CAPTCHA_PROVIDER: 'none' }, 'CAPTCHA_PROVIDER'],
    [{ CAPTCHA_PROVIDER: 'fixed' }, 'CAPTCHA_PROVIDER'],
    [{ DEMO_PORT: '3001' }, 'DEMO_PORT'],
    [{ LOG_LEVEL: 'debug' }, 'LOG_LEVEL'],
    [{ SMS_GATEWAY: 'outbox' }, 'SMS_GATEWAY'],
    [{ HELP_URL: 'http://help.example.com/' }, 'HELP_URL'],
    [{ SMS_GATEWAY: '' }, 'SMS_GATEWAY'],
    [{ SMSC_API_KEY: '' }, 'SMSC_API_KEY, or SMSC_LOGIN and SMSC_PASSWORD,'],
    [{ SMSC_API_KEY: '', SMSC_LOGIN: 'portone' }, 'SMSC_API_KEY, or SMSC_LOGIN and SMSC_PASSWORD,'],
    [{ SMS_GATEWAY: 'sms-ru' }, 'SMS_RU_API_ID'],
    [{ LEGACY_CHECK: 'http' }, 'LEGACY_CHECK_URL and LEGACY_CHECK_TOKEN'],
    [{ LEGACY_CHECK_URL: 'http://portal.example.com/check' }, 'LEGACY_CHECK_URL'],
    [{ DADATA_URL: 'http://dadata.example.com' }, 'DADATA_URL must be an https'],
    [{ SMSC_URL: 'http://smsc.example.com' }, 'SMSC_URL, SMSC_RESERVE_URL and SMS_RU_URL'],
  ])('refuses %j with a sentence about %s', (change, name) => {
    const faults = faultsOf({ ...PRODUCTION, ...change });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} `));
  });
});

describe('config/example.env', () => {
  const lines = readFileSync(join(__dirname, '..', 'config', 'example.env'), 'utf8').split('\n');

  it('shows every setting with its default and meaning, and nothing else', () => {
    const shown = lines.flatMap((line, index) => {
      const match = /^# ([A-Z0-9_]+)=(.*)$/.exec(line);
      return match ? [{ name: match[1], value: match[2], meaning: lines[index - 1] ?? '' }] : [];
    });
    const table = Object.values(SETTINGS);
    expect(shown.map(({ name }) => name)).toEqual(table.map(({ name }) => name));
    table.forEach((setting, index) => {
      expect(shown[index]?.value).toBe(setting.default ?? '');
      expect(shown[index]?.meaning.toLowerCase()).toContain(setting.meaning.toLowerCase());
    });
  });
});
