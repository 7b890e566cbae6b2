/** Contracts and activation codes: by the command line, by the person who holds a code, and many at once. */
import { proveEmail, insertAccount, replaceEmail } from '../../src/accounts/store';
import { parseEmail } from '../../src/accounts/email-address';
import { listEvents } from '../../src/audit/store';
import { changeMembership } from '../../src/companies/memberships/change-membership';
import { joinByMail } from '../../src/companies/memberships/own/join-by-mail';
import { requestMembership } from '../../src/companies/memberships/request';
import { listMemberships } from '../../src/companies/memberships/store';
import { activateCompany } from '../../src/contracts/activate-company';
import { addContract } from '../../src/contracts/add-contract';
import { codeHash, codeHashes, newCode, normalCode, printedCode } from '../../src/contracts/codes';
import { listHeldContracts } from '../../src/contracts/store';
import { openMessage } from '../../src/notifications/outbox';
import { listMessages } from '../../src/notifications/store';
import { createSecrets } from '../../src/secrets';
import { openDatabase } from '../../src/storage/postgres';
import { openDesk, type Desk } from '../admin/desk';
import { storageKinds } from '../support/database';
import { testSecrets } from '../support/secrets';

const UNIT = { inn: '7800999994', kpp: '780001001' };
const COMPANY = ['--company', `${UNIT.inn}/${UNIT.kpp}`, '--name', 'ООО "Пример"'];

interface ContractJson {
  number: string;
  status: string;
  account: string | null;
  company: { inn: string; name: string } | null;
  end_reason: string | null;
}

describe.each(storageKinds)('contracts on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
  });
  afterAll(() => desk.close());

  let made = 0;
  const freshNumber = (): string => String(78_000_000_000_000 + ++made);

  async function addPerson(): Promise<{ id: string; email: string }> {
    made += 1;
    const { db } = desk.database;
    const at = desk.clock.now();
    const name = { familyName: 'Вымышленный', givenName: 'Иван', middleName: null, locale: 'ru' };
    const { id } = await insertAccount(db, name, at);
    const email = parseEmail(`holder-${made}@example.com`);
    if (!email) throw new Error('no address');
    await replaceEmail(db, id, email);
    await proveEmail(db, id, email.canonical, at);
    return { id, email: email.value };
  }

  const tools = () => ({ ...desk.tools, issuer: desk.tools.config.issuer });
  const add = (accountId: string, number: string, code: string) =>
    addContract(tools(), { accountId, number, code }, `account:${accountId}`);
  const activate = (accountId: string, code: string) =>
    activateCompany(tools(), { accountId, code }, `account:${accountId}`);
  const issue = async (...args: string[]): Promise<{ id: string; code: string }> => {
    const { items } = await desk.json<{ items: { id: string; code: string }[] }>('codes', 'issue', ...args);
    if (!items[0]) throw new Error('no code');
    return items[0];
  };
  const held = async (accountId: string) =>
    (await listHeldContracts(desk.database.db, accountId)).map(({ number }) => number);
  const mailsTo = async (email: string) =>
    (await listMessages(desk.database.db, { limit: 500 }))
      .map((row) => openMessage(testSecrets, row))
      .filter(({ to }) => to === email)
      .map(({ template }) => template);
  const contract = async (number: string): Promise<ContractJson | undefined> =>
    (await desk.json<{ items: ContractJson[] }>('contracts', 'list', '--limit', '500')).items.find(
      (one) => one.number === number,
    );

  it('come into an account by number and code, and into no second one', async () => {
    const [first, second] = [await addPerson(), await addPerson()];
    const number = freshNumber();
    const { code } = await issue('--contract', number);
    const { code: other } = await issue('--contract', number);
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}$/);
    expect(await add(first.id, freshNumber(), code)).toBe('wrong');
    expect(await add(first.id, '123', code)).toBe('wrong');
    expect(await add(first.id, number, 'AAAA-AAAA-AAAA')).toBe('wrong');
    expect(await activate(first.id, code)).toEqual({ outcome: 'wrong' });
    const typed = ` ${number.slice(0, 4)} ${number.slice(4)}`;
    expect(await add(first.id, typed, code.toLowerCase().replaceAll('-', ' '))).toBe('done');
    expect(await held(first.id)).toEqual([number]);
    expect(await mailsTo(first.email)).toEqual(['contract_added']);
    expect(await add(first.id, number, code)).toBe('standing');
    expect(await add(second.id, number, code)).toBe('taken');
    expect(await add(second.id, number, other)).toBe('taken');
    expect((await desk.run('codes', 'issue', '--contract', number)).code).toBe(4);
    const events = await listEvents(desk.database.db, { subject: `account:${first.id}` });
    expect(events.map(({ event }) => event)).toEqual(['contract_added']);
    expect(JSON.stringify(events)).not.toContain(normalCode(code));
  });

  it('end for everybody, and are free again when released', async () => {
    const [first, second] = [await addPerson(), await addPerson()];
    const number = freshNumber();
    const { code } = await issue('--contract', number);
    await add(first.id, number, code);
    const release = ['contracts', 'release', number, '--reason', 'сменился сотрудник'];
    expect((await desk.run(...release)).code).toBe(0);
    expect(await held(first.id)).toEqual([]);
    expect((await desk.run(...release)).code).toBe(4);
    // The spent code opens nothing a second time.
    expect(await add(second.id, number, code)).toBe('wrong');
    const { code: fresh } = await issue('--contract', number);
    const { code: unused } = await issue('--contract', number);
    expect(await add(second.id, number, fresh)).toBe('done');
    const end = ['contracts', 'end', number, '--reason', 'срок истёк'];
    expect((await desk.run(...end)).code).toBe(1);
    expect((await desk.runAsking(true, ...end)).code).toBe(0);
    expect(await held(second.id)).toEqual([]);
    expect(await mailsTo(second.email)).toEqual(expect.arrayContaining(['contract_added', 'contract_gone']));
    expect(await contract(number)).toMatchObject({
      status: 'ended',
      account: second.id,
      end_reason: 'срок истёк',
    });
    expect(await add(first.id, number, unused)).toBe('wrong');
    expect((await desk.run(...end, '--yes')).code).toBe(4);
    expect((await desk.run('contracts', 'end', freshNumber(), '--reason', 'x', '--yes')).code).toBe(3);
    expect((await desk.run('codes', 'issue', '--contract', number)).code).toBe(4);
  });

  it('are shut by nobody’s wrong codes, and answer them as a number that is none', async () => {
    const [stranger, person] = [await addPerson(), await addPerson()];
    const number = freshNumber();
    const { code } = await issue('--contract', number);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, (_, turn) =>
        add(stranger.id, turn % 2 === 0 ? number : freshNumber(), newCode()),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set(['wrong']));
    expect(await add(person.id, number, code)).toBe('done');
  });

  it('take a code for contract and company whole or not at all', async () => {
    const [member, resting] = [await addPerson(), await addPerson()];
    const number = freshNumber();
    const { code } = await issue('--contract', number, ...COMPANY);
    const { code: entrance } = await issue(...COMPANY, '--uses', '2');
    expect(await activate(resting.id, entrance)).toMatchObject({ outcome: 'done' });
    const [membership] = await listMemberships(desk.database.db, { accountId: resting.id, limit: 1 });
    const suspend = { kind: 'suspend', reason: 'x' } as const;
    await changeMembership(tools(), membership?.id ?? '', suspend, 'operator:test');
    expect(await add(resting.id, number, code)).toBe('suspended');
    expect(await held(resting.id)).toEqual([]);
    // The code is not spent, and to a member it brings the contract.
    expect(await activate(member.id, entrance)).toMatchObject({ outcome: 'done' });
    expect(await add(member.id, number, code)).toBe('done');
    expect(await held(member.id)).toEqual([number]);
  });

  it('are taken by one of two people at once, fifty times each round', async () => {
    for (let round = 0; round < 10; round += 1) {
      const people = [await addPerson(), await addPerson()];
      const number = freshNumber();
      const codes = [(await issue('--contract', number)).code, (await issue('--contract', number)).code];
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, turn) =>
          add(people[turn % 2]?.id ?? '', number, codes[turn % 3 === 0 ? 0 : 1] ?? ''),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'standing')).toHaveLength(24);
      expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(25);
      const holders = await Promise.all(people.map(({ id }) => held(id)));
      expect(holders.flat()).toEqual([number]);
      const mails = (await Promise.all(people.map(({ email }) => mailsTo(email)))).flat();
      expect(mails).toEqual(['contract_added']);
    }
  });

  it('come from a file, with companies the directory or the file names', async () => {
    const [plain, named, over] = [freshNumber(), freshNumber(), freshNumber()];
    const rows = [
      'number;inn;kpp;company;status;reason',
      `${plain};;;;;`,
      `${named};${UNIT.inn};${UNIT.kpp};ООО "Пример";active;`,
      `${over};;;;ended;срок истёк`,
      '123;;;;;',
      `${freshNumber()};7707083894;;;;`,
      `${freshNumber()};780099999967;;;;`,
      `${plain};;;;;`,
    ];
    desk.files.set('contracts.csv', Buffer.from(rows.join('\r\n')));
    const counts = { added: 3, ended: 1, duplicates: 1, refused: 3 };
    const dry = await desk.json('contracts', 'import', 'contracts.csv', '--dry-run');
    expect(dry).toMatchObject({ ...counts, dry_run: true });
    expect(await contract(plain)).toBeUndefined();
    const done = await desk.json('contracts', 'import', 'contracts.csv');
    expect(done).toMatchObject({
      ...counts,
      refused_lines: [
        { line: 5, problem: 'number' },
        { line: 6, problem: 'company' },
        { line: 7, problem: 'company_unknown' },
      ],
    });
    expect(await contract(named)).toMatchObject({ company: { inn: UNIT.inn, name: 'ООО "Пример"' } });
    expect(await contract(over)).toMatchObject({ status: 'ended', end_reason: 'срок истёк' });
    expect(await desk.json('contracts', 'import', 'contracts.csv')).toMatchObject({
      added: 0,
      known: 3,
      ended: 0,
    });
    desk.files.set('bad.csv', Buffer.from('что-то;другое\n1;2'));
    expect((await desk.run('contracts', 'import', 'bad.csv')).code).toBe(2);
  });

  it('codes make a person a member, with or without an application', async () => {
    const [first, second, third] = [await addPerson(), await addPerson(), await addPerson()];
    const { code } = await issue(...COMPANY, '--uses', '2', '--can-act');
    const done = await activate(first.id, code);
    expect(done).toMatchObject({ outcome: 'done', membership: { status: 'approved', canAct: true } });
    expect(await activate(first.id, code)).toEqual({ outcome: 'standing' });
    expect(await mailsTo(first.email)).toEqual(['company_activated']);
    const both = await Promise.all([second, third].map(({ id }) => activate(id, code)));
    expect(both.map(({ outcome }) => outcome).sort()).toEqual(['done', 'wrong']);

    const { code: contact } = await issue(...COMPANY, '--role', 'contact', '--contract', freshNumber());
    expect(await activate(third.id, contact)).toEqual({ outcome: 'wrong' });
    const number = String(78_000_000_000_000 + made);
    expect(await add(first.id, number, contact)).toBe('done');
    const [member] = await listMemberships(desk.database.db, { accountId: first.id, limit: 5 });
    // They stood in the company already; a code does not change what they may do there.
    expect(member).toMatchObject({ status: 'approved', role: 'member', canAct: true });
  });

  it('make a person a member once, by a code and by the company’s mail, fifty at once', async () => {
    const naming = { name: 'ООО "Пример"', nameSource: 'operator', ogrn: null } as const;
    const company = { unit: UNIT, ...naming };
    const { url } = desk.database;
    // A connection for each that races, so that none is told to come back later instead of taking part.
    const wide =
      url === undefined ? undefined : await openDatabase({ url, dataDir: '', poolSize: 50 }, () => undefined);
    const racing = { ...tools(), ...(wide && { db: wide.db }) };
    for (const applied of [false, true]) {
      const person = await addPerson();
      const { code } = await issue(...COMPANY, '--uses', '50');
      const request = { accountId: person.id, unit: UNIT, naming, path: 'port-one', clientId: null };
      if (applied)
        await desk.database.db.transaction().execute((trx) => requestMembership(trx, tools(), request));
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async (_, turn) =>
          turn % 2 === 0
            ? (await activateCompany(racing, { accountId: person.id, code }, `account:${person.id}`)).outcome
            : await joinByMail(racing, person.id, company),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'standing')).toHaveLength(49);
      const own = await listMemberships(desk.database.db, { accountId: person.id, limit: 5 });
      expect(own.map(({ status }) => status)).toEqual(['approved']);
      expect(await mailsTo(person.email)).toHaveLength(1);
      const events = await listEvents(desk.database.db, { subject: `account:${person.id}` });
      const joined = events.filter(({ event }) => /^membership_(added|approved)$/.test(event));
      expect(joined).toHaveLength(1);
    }
    await wide?.close();
  });

  it('codes end: revoked, expired, used', async () => {
    const person = await addPerson();
    const revoked = await issue(...COMPANY);
    expect((await desk.run('codes', 'revoke', revoked.id)).code).toBe(0);
    expect((await desk.run('codes', 'revoke', revoked.id)).code).toBe(4);
    expect(await activate(person.id, revoked.code)).toEqual({ outcome: 'wrong' });
    const brief = await issue(...COMPANY, '--expires-in', '2h');
    desk.clock.advance(7200);
    expect(await activate(person.id, brief.code)).toEqual({ outcome: 'wrong' });
    const printed = await desk.run('codes', 'issue', ...COMPANY, '--count', '3');
    const codes = printed.out.trim().split('\n');
    expect([codes.length, new Set(codes).size]).toEqual([3, 3]);
    const list = await desk.json<{ items: { id: string; state: string }[] }>('codes', 'list');
    const stateOf = (id: string) => list.items.find((one) => one.id === id)?.state;
    expect([stateOf(revoked.id), stateOf(brief.id)]).toEqual(['revoked', 'expired']);
    for (const text of codes) expect(JSON.stringify(list)).not.toContain(normalCode(text));
    for (const wrong of [
      [],
      ['--contract', '12'],
      [...COMPANY, '--expires-in', '9w'],
      [...COMPANY, '--uses', '0'],
    ])
      expect((await desk.run('codes', 'issue', ...wrong)).code).toBe(2);
  });
});

test('a code is read as people type it, and found under an older key', () => {
  const code = newCode();
  expect(normalCode(printedCode(code))).toBe(code);
  expect(normalCode(` ${printedCode(code).toLowerCase()} `)).toBe(code);
  expect(normalCode('АВЕК-МНРС-ТХУ2')).toBe('ABEKMHPCTXY2');
  for (const wrong of ['', 'ABCD-EFGH', '0000-1111-OOOO', `${code}2`, 'x'.repeat(10_000)])
    expect(normalCode(wrong)).toBeUndefined();
  const old = createSecrets(['old-key-of-no-value-000000000000000000000']);
  const rotated = createSecrets([
    'new-key-of-no-value-00000000000000000',
    'old-key-of-no-value-000000000000000000000',
  ]);
  expect(codeHashes(rotated, code)).toContain(codeHash(old, code));
  expect(codeHashes(rotated, code)[0]).toBe(codeHash(rotated, code));
});
