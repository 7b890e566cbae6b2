import type { Captcha, CaptchaBinding, CaptchaForm } from '../../src/captcha/captcha';
import { createCaptcha } from '../../src/captcha/providers';
import { FIXED_ANSWER } from '../../src/captcha/providers/fixed';
import { createDigitCaptcha } from '../../src/captcha/digit-captcha';
import { createSqlStore } from '../../src/storage/ephemeral/sql';
import type { EphemeralStore, Json } from '../../src/storage/ephemeral/port';
import { createRedisStore } from '../../src/storage/ephemeral/redis';
import { openRedis } from '../../src/storage/redis';
import { openTestDatabase, type StorageKind } from '../support/database';
import { openTestRedis } from '../support/redis';
import { testSecrets } from '../support/secrets';

const ANSWER = '40927';
const secrets = testSecrets;
const owner: CaptchaBinding = { purpose: 'sign_in', browser: 'browser-one', context: 'interaction-one' };
const strangers: [string, CaptchaBinding][] = [
  ['browser', { ...owner, browser: 'browser-two' }],
  ['purpose', { ...owner, purpose: 'recovery' }],
  ['interaction', { ...owner, context: 'interaction-two' }],
  ['absent interaction', { ...owner, context: '' }],
];

interface OpenedStore {
  store: EphemeralStore;
  close(): Promise<void>;
}

const stores: [string, () => Promise<OpenedStore>][] = [
  ['embedded database', () => overSql('embedded')],
  ['Postgres', () => overSql('postgres')],
  ['Redis', overRedis],
];

describe.each(stores)('a captcha of digits (%s)', (_, open) => {
  let opened: OpenedStore;
  let store: EphemeralStore;
  let captcha: Captcha;

  beforeAll(async () => {
    opened = await open();
    store = opened.store;
    captcha = createDigitCaptcha({ store, secrets }, () => ANSWER);
  });
  afterAll(() => opened.close());

  const issue = async (binding = owner): Promise<string> => idOf(captcha, binding);

  it('lets the right answer through once', async () => {
    const form = formOf(await issue());
    expect(await captcha.check(owner, form)).toBe(true);
    expect(await captcha.check(owner, form)).toBe(false);
  });

  it('lets exactly one of 50 parallel right answers through', async () => {
    for (let round = 0; round < 5; round++) {
      const form = formOf(await issue());
      const results = await Promise.all(Array.from({ length: 50 }, () => captcha.check(owner, form)));
      expect(results.filter(Boolean)).toHaveLength(1);
    }
  });

  it('is spent by a wrong, empty or missing answer', async () => {
    for (const answer of ['40928', '', undefined]) {
      const id = await issue();
      expect(await captcha.check(owner, { captcha_id: id, captcha: answer })).toBe(false);
      expect(await captcha.check(owner, formOf(id))).toBe(false);
    }
  });

  it('understands an answer typed with spaces and full-width digits', async () => {
    expect(await captcha.check(owner, formOf(await issue(), ' 4O 9２7 '))).toBe(true);
  });

  it.each(strangers)('is refused with another %s, and stays good for its owner', async (_part, stranger) => {
    const id = await issue();
    expect(await captcha.check(stranger, formOf(id))).toBe(false);
    expect(await captcha.picture(id, stranger)).toBeUndefined();
    expect(await captcha.audio(id, stranger, 'ru')).toBeUndefined();
    expect(await captcha.check(owner, formOf(id))).toBe(true);
  });

  it('does not mistake one binding for another that reads the same when joined', async () => {
    const id = await issue({ purpose: 'sign_in', browser: 'one', context: 'two' });
    expect(await captcha.check({ purpose: 'sign_in', browser: 'onetwo', context: '' }, formOf(id))).toBe(
      false,
    );
    expect(await captcha.check({ purpose: 'sign_in', browser: 'one","two', context: '' }, formOf(id))).toBe(
      false,
    );
  });

  it('shows and speaks the same bytes each time, until it is spent', async () => {
    const id = await issue();
    const picture = await captcha.picture(id, owner);
    const speech = await captcha.audio(id, owner, 'ru');
    expect(picture?.toString('latin1', 1, 4)).toBe('PNG');
    expect(speech?.toString('latin1', 0, 4)).toBe('RIFF');
    expect(base64(await captcha.picture(id, owner))).toBe(base64(picture));
    expect(base64(await captcha.audio(id, owner, 'ru'))).toBe(base64(speech));
    expect(base64(await captcha.audio(id, owner, 'en'))).not.toBe(base64(speech));

    await captcha.check(owner, formOf(id));
    expect(await captcha.picture(id, owner)).toBeUndefined();
    expect(await captcha.audio(id, owner, 'en')).toBeUndefined();
  });

  it('draws each challenge anew and gives it an id of its own', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => issue()));
    const pictures = await Promise.all(ids.map((id) => captcha.picture(id, owner)));
    expect(new Set(ids).size).toBe(10);
    expect(new Set(pictures.map(base64)).size).toBe(10);
    expect(ids.filter((id) => Buffer.from(id, 'base64url').length < 16)).toEqual([]);
  });

  it.each(['', 'x', '*', ':', 'a'.repeat(22), '../../../../etc/passwd', 'я'.repeat(22), '\0'.repeat(22)])(
    'knows nothing of the id %j',
    async (id) => {
      expect(await captcha.check(owner, formOf(id))).toBe(false);
      expect(await captcha.picture(id, owner)).toBeUndefined();
      expect(await captcha.audio(id, owner, 'en')).toBeUndefined();
    },
  );

  it('refuses a form without its fields', async () => {
    expect(await captcha.check(owner, {})).toBe(false);
  });

  it('lives ten minutes and not longer', async () => {
    const lives: number[] = [];
    const hasty: EphemeralStore = {
      ...store,
      put: (key, value, ttl) => {
        lives.push(ttl);
        return store.put(key, value, ttl / 2000);
      },
    };
    const short = createDigitCaptcha({ store: hasty, secrets }, () => ANSWER);
    const id = await idOf(short, owner);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(lives).toEqual([600]);
    expect(await short.picture(id, owner)).toBeUndefined();
    expect(await short.check(owner, formOf(id))).toBe(false);
  });

  it('keeps neither answer, id nor browser in the clear', async () => {
    const written: [string, Json][] = [];
    const watched: EphemeralStore = {
      ...store,
      put: (key, value, ttl) => {
        written.push([key, value]);
        return store.put(key, value, ttl);
      },
    };
    const id = await idOf(
      createDigitCaptcha({ store: watched, secrets }, () => ANSWER),
      owner,
    );
    const [key, value] = written[0] ?? ['', null];
    const record = JSON.stringify([key, (await store.find(key))?.value]);
    expect(record).toContain(JSON.stringify(value));
    for (const secret of [ANSWER, btoa(ANSWER).slice(0, 6), id, owner.browser, owner.context]) {
      expect(record).not.toContain(secret);
    }
  });

  it('is not fooled by a record moved under the key of another challenge', async () => {
    const keys: string[] = [];
    const watched: EphemeralStore = {
      ...store,
      put: (key, value, ttl) => {
        keys.push(key);
        return store.put(key, value, ttl);
      },
    };
    const moved = createDigitCaptcha({ store: watched, secrets }, () => ANSWER);
    await idOf(moved, owner);
    const id = await idOf(moved, owner);
    const [from = '', to = ''] = keys;
    await store.put(to, (await store.find(from))?.value ?? null, 60);
    await expect(moved.check(owner, formOf(id))).rejects.toThrow();
  });

  it('asks for random digits with the picture provider, for 00000 with the fixed one', async () => {
    const picture = createCaptcha('picture', { store, secrets });
    const guesses = await Promise.all(
      Array.from({ length: 5 }, async () =>
        picture.check(owner, formOf(await idOf(picture, owner), FIXED_ANSWER)),
      ),
    );
    expect(guesses).not.toEqual([true, true, true, true, true]);

    const fixed = createCaptcha('fixed', { store, secrets });
    const form = formOf(await idOf(fixed, owner), '00000');
    expect(await fixed.check({ ...owner, browser: 'browser-two' }, form)).toBe(false);
    expect(await fixed.check(owner, form)).toBe(true);
    expect(await fixed.check(owner, form)).toBe(false);
    const wrong = formOf(await idOf(fixed, owner), '00001');
    expect(await fixed.check(owner, wrong)).toBe(false);
  });

  it('asks nothing with the provider none', async () => {
    const none = createCaptcha('none', { store, secrets });
    expect(await none.issue(owner)).toEqual({ kind: 'none' });
    expect(await none.check(owner, {})).toBe(true);
    expect(await none.picture('a'.repeat(22), owner)).toBeUndefined();
    expect(await none.audio('a'.repeat(22), owner, 'ru')).toBeUndefined();
  });
});

// Texts, because comparing buffers byte by byte takes seconds here.
const base64 = (bytes: Buffer | undefined): string | undefined => bytes?.toString('base64');

async function idOf(captcha: Captcha, binding: CaptchaBinding): Promise<string> {
  const challenge = await captcha.issue(binding);
  if (challenge.kind !== 'picture') throw new Error('expected a picture');
  return challenge.id;
}

function formOf(id: string, answer: string = ANSWER): CaptchaForm {
  return { captcha_id: id, captcha: answer };
}

async function overSql(kind: StorageKind): Promise<OpenedStore> {
  const database = await openTestDatabase(kind);
  return { store: createSqlStore(database.db), close: () => database.close() };
}

async function overRedis(): Promise<OpenedStore> {
  const redis = await openTestRedis();
  const connection = openRedis(redis.url, () => undefined);
  return {
    store: createRedisStore(connection),
    close: async () => {
      await connection.close();
      await redis.close();
    },
  };
}
