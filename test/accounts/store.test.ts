/** Accounts and their names as they are kept: who is found, who reserves what, what ends with a block. */
import {
  endSessions,
  findAccountByIdentifier,
  findProfile,
  insertAccount,
  listProfiles,
  listProfilesByEmail,
  proveEmail,
  replaceEmail,
  strengthenHash,
  updatePassword,
  updateStatus,
} from '../../src/accounts/store';
import { parseEmail, type EmailAddress } from '../../src/accounts/email-address';
import { isUniqueViolation } from '../../src/storage/postgres';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';

const AT = new Date('2026-11-22T06:00:00Z');
const NAME = { familyName: 'Вымышленная', givenName: 'Вера', middleName: null, locale: 'ru' };

function address(text: string): EmailAddress {
  const email = parseEmail(text);
  if (!email) throw new Error(`no address: ${text}`);
  return email;
}

describe.each(storageKinds)('accounts on %s', (kind) => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  const make = async (typed: string, proved: boolean) => {
    const { db } = database;
    const account = await insertAccount(db, NAME, AT);
    const email = address(typed);
    await replaceEmail(db, account.id, email);
    if (proved) await proveEmail(db, account.id, email.canonical, AT);
    return account;
  };

  it('are found by a proved name only', async () => {
    const { db } = database;
    const account = await make('Vera@Example.com', false);
    expect(await findAccountByIdentifier(db, 'vera@example.com')).toBeUndefined();
    expect(await listProfilesByEmail(db, 'vera@example.com')).toHaveLength(1);
    await proveEmail(db, account.id, 'vera@example.com', AT);
    expect((await findAccountByIdentifier(db, 'vera@example.com'))?.id).toBe(account.id);
    expect(await findProfile(db, account.id)).toMatchObject({ email: 'Vera@example.com', emailProved: true });
  });

  it('reserve no name that they have not proved, and one name is proved by one', async () => {
    const { db } = database;
    const squatter = await make('shared@example.com', false);
    const owner = await make('shared@example.com', true);
    expect((await findAccountByIdentifier(db, 'shared@example.com'))?.id).toBe(owner.id);
    const late = await proveEmail(db, squatter.id, 'shared@example.com', AT).catch((error: unknown) => error);
    expect(isUniqueViolation(late, 'identifiers_proved')).toBe(true);
  });

  it('prove one name once, however many try at the same time', async () => {
    const rivals = await Promise.all(Array.from({ length: 8 }, () => make('race@example.com', false)));
    const results = await Promise.allSettled(
      rivals.map(({ id }) => proveEmail(database.db, id, 'race@example.com', AT)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('prove nothing that is not theirs', async () => {
    const account = await make('mine@example.com', false);
    expect(await proveEmail(database.db, account.id, 'yours@example.com', AT)).toBe(false);
  });

  it.each(['', 'x', 'a\0b', "' or 1=1", '0f8fad5b-d9cb-469f-a165'])('are not found as %j', async (id) => {
    expect(await findProfile(database.db, id)).toBeUndefined();
  });

  it('are blocked once, with the reason, and unblocked without it', async () => {
    const { db } = database;
    const { id } = await make('blocked@example.com', true);
    const block = { status: 'blocked' as const, reason: 'уволен' };
    const results = await Promise.all([updateStatus(db, id, block, AT), updateStatus(db, id, block, AT)]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await findProfile(db, id)).toMatchObject({ blockReason: 'уволен', blockedAt: AT });
    const free = await updateStatus(db, id, { status: 'active', reason: null }, AT);
    expect(free).toMatchObject({ status: 'active', blockReason: null, blockedAt: null });
  });

  it('keep a hash that was made stronger only if the password is still the same', async () => {
    const { db } = database;
    const { id } = await make('hash@example.com', true);
    await updatePassword(db, id, 'old', AT);
    await updatePassword(db, id, 'new', AT);
    await strengthenHash(db, id, 'old', 'old, stronger');
    expect((await findProfile(db, id))?.passwordHash).toBe('new');
    await strengthenHash(db, id, 'new', 'new, stronger');
    expect((await findProfile(db, id))?.passwordHash).toBe('new, stronger');
  });

  it('draw the line behind earlier sign-ins', async () => {
    const { id } = await make('ended@example.com', true);
    const later = new Date(AT.getTime() + 60_000);
    await endSessions(database.db, id, later);
    // At the next whole second: nothing of this one outlives it.
    const line = new Date(later.getTime() + 1000);
    expect((await findProfile(database.db, id))?.sessionsValidAfter).toEqual(line);
  });

  it('are searched for text, not for patterns', async () => {
    const { db } = database;
    await make('under_score@example.com', true);
    const emails = async (search: string) =>
      (await listProfiles(db, { search, limit: 50 })).map(({ email }) => email);
    expect(await emails('under_score')).toEqual(['under_score@example.com']);
    expect(await emails('%')).toEqual([]);
    expect(await emails('underXscore')).toEqual([]);
    expect(await emails("' or 1=1 --")).toEqual([]);
    expect((await emails('Вымышл')).length).toBeGreaterThan(1);
  });

  it('are listed in pages that neither repeat nor skip', async () => {
    const { db } = database;
    const all = await listProfiles(db, { limit: 100 });
    const paged = [];
    let page = await listProfiles(db, { limit: 3 });
    while (page.length > 0) {
      paged.push(...page);
      page = await listProfiles(db, { limit: 3, after: page.at(-1) });
    }
    expect(paged.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
    expect(all.length).toBeGreaterThan(6);
  });
});
