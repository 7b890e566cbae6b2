/** The life of an application: who may decide it, questions, second tries, reminders, its end. */
import { randomUUID } from 'node:crypto';
import { givePower, insertPower } from '../../src/attorney/store';
import { listEvents } from '../../src/audit/store';
import { answerQuestion, noteApplicationChanged } from '../../src/companies/memberships/answer';
import { changeAsContact } from '../../src/companies/memberships/change-as-contact';
import { addMember, changeMembership, changeRole } from '../../src/companies/memberships/change-membership';
import {
  approveMembership,
  askForMore,
  declineMembership,
  type Approval,
} from '../../src/companies/memberships/decide-membership';
import { companyClaim, type Membership } from '../../src/companies/memberships/membership';
import {
  approvalPolicy,
  nextReminder,
  waitingTimes,
  type Decider,
} from '../../src/companies/memberships/policy';
import {
  decidePower,
  tellOfPower,
  type PowerDecision,
} from '../../src/companies/memberships/powers/decide-power';
import { listPowersDueFor } from '../../src/companies/memberships/powers/due-powers';
import { findDecidable, listDecidable } from '../../src/companies/memberships/queue';
import { tendApplications } from '../../src/companies/memberships/remind';
import { applyAgain, requestMembership } from '../../src/companies/memberships/request';
import { findMembership, findMembershipByNumber } from '../../src/companies/memberships/store';
import { readSaid } from '../../src/companies/memberships/talk/said';
import { movableClock } from '../support/clock';
import { openTestDatabase, storageKinds, type TestDatabase } from '../support/database';
import { testSecrets } from '../support/secrets';
import { addSomebody, mailsTo, templatesTo, type Somebody } from './people';

const ISSUER = 'https://id.example.test';
const DAY = 86_400;
const OPERATOR = { kind: 'operator', actor: 'operator:test' } as const;
const asContact = ({ id }: Somebody) => ({ kind: 'contact', actor: `account:${id}`, accountId: id }) as const;

test('reminders come 3 and 10 days after an application, never at or after its end', () => {
  const policy = approvalPolicy('port-one');
  const from = new Date('2026-11-01T00:00:00Z');
  const { expiresAt, remindAt } = waitingTimes(policy, from);
  expect(expiresAt).toEqual(new Date('2026-12-01T00:00:00Z'));
  expect(remindAt).toEqual(new Date('2026-11-04T00:00:00Z'));
  expect(nextReminder(policy, expiresAt, new Date('2026-11-04T00:00:00Z'))).toEqual(
    new Date('2026-11-11T00:00:00Z'),
  );
  expect(nextReminder(policy, expiresAt, new Date('2026-11-11T00:00:01Z'))).toBeNull();
  expect(nextReminder({ ...policy, remindAfterDays: [30] }, expiresAt, from)).toBeNull();
  expect(approvalPolicy('__proto__')).toEqual(policy);
});

describe.each(storageKinds)('applications on %s', (kind) => {
  let database: TestDatabase;
  const clock = movableClock();
  const tools = () => ({ db: database.db, secrets: testSecrets, clock, issuer: ISSUER });
  beforeAll(async () => {
    database = await openTestDatabase(kind);
  });
  afterAll(() => database.close());

  // Every test has a company of its own.
  let units = 0;
  let unit = { inn: '7800999994', kpp: '780001001' };
  beforeEach(() => {
    units += 1;
    unit = { inn: '7800999994', kpp: `7800010${String(units).padStart(2, '0')}` };
  });
  const naming = { name: 'ООО "Пример"', nameSource: 'person' as const, ogrn: null };

  async function apply(clientId: string | null = null): Promise<{ who: Somebody; asked: Membership }> {
    clock.advance(1);
    const who = await addSomebody(database.db, clock.now());
    const request = { accountId: who.id, unit, naming, path: 'port-one', clientId };
    const asked = await database.db.transaction().execute((trx) => requestMembership(trx, tools(), request));
    if (!asked) throw new Error('stands already');
    return { who, asked };
  }

  async function addContact(): Promise<Somebody & { membershipId: string }> {
    const who = await addSomebody(database.db, clock.now(), 'Контактная');
    const given = { accountId: who.id, unit, naming, role: 'contact' as const, canAct: false };
    const membership = await addMember(tools(), given, 'operator:test');
    return { ...who, membershipId: membership?.id ?? '' };
  }

  const see = async ({ number }: Pick<Membership, 'number'>) => {
    const view = await findMembershipByNumber(database.db, number);
    if (!view) throw new Error('no application');
    return view;
  };
  const findOf = async ({ membershipId }: { membershipId: string }) => {
    const view = await findMembership(database.db, membershipId);
    if (!view) throw new Error('no membership');
    return view;
  };
  const yes = ({ number, version }: Pick<Membership, 'number' | 'version'>): Approval => ({
    ...{ number, version, role: 'member', canAct: false },
  });
  const no = (seen: Pick<Membership, 'number' | 'version'>) => ({
    ...{ number: seen.number, version: seen.version, reasonCode: 'not_employee' as const, comment: null },
  });

  it('tells the contact persons of the company, once each, with a link to the application', async () => {
    const contact = await addContact();
    const dismissed = await addContact();
    await changeRole(tools(), dismissed.membershipId, 'member', 'operator:test');
    const { asked } = await apply();
    const [, mail] = await mailsTo(database.db, contact);
    expect(mail).toMatchObject({
      template: 'application_received',
      values: {
        applicant: 'Вымышленная Анна',
        company: naming.name,
        link: `${ISSUER}/approvals/${asked.number}`,
      },
    });
    expect(await templatesTo(database.db, dismissed)).toEqual(['contact_appointed']);
  });

  it('lets contact persons decide for their own company only, never about themselves, while they are one', async () => {
    const contact = await addContact();
    const { who, asked } = await apply();
    expect((await listDecidable(database.db, contact.id)).map(({ number }) => number)).toEqual([
      asked.number,
    ]);
    expect(await findDecidable(database.db, who.id, asked.number)).toBeUndefined();

    unit = { ...unit, kpp: '780043001' };
    const stranger = await addContact();
    expect(await findDecidable(database.db, stranger.id, asked.number)).toBeUndefined();
    expect(await approveMembership(tools(), yes(asked), asContact(stranger))).toBe('not_allowed');
    expect(await declineMembership(tools(), no(asked), asContact(stranger))).toBe('not_allowed');
    expect(await approveMembership(tools(), yes(asked), asContact(who))).toBe('not_allowed');
    expect(await approveMembership(tools(), yes(asked), { ...OPERATOR, accountId: who.id })).toBe(
      'not_allowed',
    );
    const rename = { ...yes(asked), companyName: 'ООО "Своё"' };
    expect(await approveMembership(tools(), rename, asContact(contact))).toBe('not_allowed');
    expect(await approveMembership(tools(), { ...yes(asked), confirmLegacy: true }, asContact(contact))).toBe(
      'not_allowed',
    );

    await changeMembership(tools(), contact.membershipId, { kind: 'suspend', reason: 'x' }, 'operator:test');
    expect(await approveMembership(tools(), yes(asked), asContact(contact))).toBe('not_allowed');
    expect(await listDecidable(database.db, contact.id)).toEqual([]);
    await changeMembership(tools(), contact.membershipId, { kind: 'restore', reason: 'x' }, 'operator:test');
    expect(await approveMembership(tools(), yes(asked), asContact(contact))).toBe('done');
    expect(await see(asked)).toMatchObject({ status: 'approved', decidedBy: `account:${contact.id}` });
  });

  it('decides and changes at once in one order, so that nobody locks anybody up', async () => {
    for (let round = 0; round < 10; round += 1) {
      const [contact, member] = [await addContact(), await addContact()];
      const { number, version } = await findOf(member);
      // Of the same person: as if they still asked to be let in, and as a member who is to be suspended.
      const outcomes = await Promise.all([
        approveMembership(tools(), yes({ number, version }), asContact(contact)),
        changeAsContact(tools(), { number, version: 0, kind: 'suspend', reason: 'x' }, contact.id),
        approveMembership(tools(), yes({ number, version }), asContact(contact)),
        changeAsContact(tools(), { number, version: 0, kind: 'suspend', reason: 'x' }, contact.id),
      ]);
      expect(outcomes).toEqual(Array(4).fill('stale'));
    }
  });

  it('wants as many different people to say yes as the policy says, to one version; one no is enough', async () => {
    const policyOf = () => ({ ...approvalPolicy('port-one'), approvals: 2 });
    const strict = { ...tools(), policyOf };
    const contact = await addContact();
    const { who, asked } = await apply();
    expect(await approveMembership(strict, yes(asked), OPERATOR)).toBe('voted');
    expect(await approveMembership(strict, yes(asked), OPERATOR)).toBe('voted');
    await database.db.transaction().execute((trx) => noteApplicationChanged(trx, asked.id, clock.now()));
    const changed = await see(asked);
    expect(await approveMembership(strict, yes(asked), asContact(contact))).toBe('stale');
    expect(await approveMembership(strict, yes(changed), asContact(contact))).toBe('voted');
    expect((await see(asked)).status).toBe('requested');
    expect(await approveMembership(strict, yes(changed), OPERATOR)).toBe('done');
    expect(await templatesTo(database.db, who)).toEqual(['application_approved']);

    const other = await apply();
    expect(await approveMembership(strict, yes(other.asked), OPERATOR)).toBe('voted');
    expect(await declineMembership(strict, no(other.asked), asContact(contact))).toBe('done');
  });

  it('lets a policy shut contact persons or operators out', async () => {
    const contact = await addContact();
    const { asked } = await apply();
    const only = (by: 'operator' | 'contact') => ({
      ...{ ...tools(), policyOf: () => ({ ...approvalPolicy('port-one'), by: [by] }) },
    });
    expect(await approveMembership(only('operator'), yes(asked), asContact(contact))).toBe('not_allowed');
    expect(await approveMembership(only('contact'), yes(asked), OPERATOR)).toBe('not_allowed');
    expect(await approveMembership(only('contact'), yes(asked), asContact(contact))).toBe('done');
  });

  it('asks, is answered, and moves its version with each; contact persons hear of the answer', async () => {
    const contact = await addContact();
    const { who, asked } = await apply();
    const other = await addSomebody(database.db, clock.now());
    const question = { number: asked.number, version: asked.version, question: 'В каком отделе?' };
    expect(await askForMore(tools(), question, asContact(contact))).toBe('done');
    expect(await askForMore(tools(), question, OPERATOR)).toBe('stale');
    expect(await see(asked)).toMatchObject({ version: 2, question: 'В каком отделе?', remindAt: null });
    expect((await mailsTo(database.db, who))[0]).toMatchObject({
      template: 'application_question',
      values: { question: 'В каком отделе?' },
    });
    const answer = { membershipId: asked.id, accountId: who.id, answer: 'В перевозках' };
    expect(await answerQuestion(tools(), { ...answer, accountId: other.id }, `account:${other.id}`)).toBe(
      'absent',
    );
    clock.advance(20 * DAY);
    expect(await answerQuestion(tools(), answer, `account:${who.id}`)).toBe('done');
    expect(await answerQuestion(tools(), answer, `account:${who.id}`)).toBe('absent');
    expect(await see(asked)).toMatchObject({
      ...{ version: 3, question: null },
      ...waitingTimes(approvalPolicy('port-one'), clock.now()),
    });
    expect(readSaid((await see(asked)).answer)).toEqual([
      { question: 'В каком отделе?', words: 'В перевозках' },
    ]);
    expect(await templatesTo(database.db, contact)).toContain('application_answered');
    expect(await approveMembership(tools(), yes({ ...asked, version: 2 }), OPERATOR)).toBe('stale');
    const events = await listEvents(database.db, { subject: `account:${who.id}` });
    expect(events.map(({ event }) => event)).toEqual([
      'membership_answered',
      'membership_questioned',
      'membership_requested',
    ]);
  });

  it('takes a second application after a decline, back along the same way, three a day and ten in all', async () => {
    const { who, asked } = await apply();
    const again = () =>
      applyAgain(
        tools(),
        { accountId: who.id, unit, naming, answer: 'Я из отдела перевозок' },
        `account:${who.id}`,
      );
    expect((await again()).outcome).toBe('standing');
    let open: Membership = asked;
    for (let count = 1; count < 10; count += 1) {
      expect(await declineMembership(tools(), no(open), OPERATOR)).toBe('done');
      if (count % 3 === 0) {
        expect((await again()).outcome).toBe('too_many');
        clock.advance(DAY + 1);
      }
      const result = await again();
      if (result.outcome !== 'done') throw new Error(result.outcome);
      open = result.membership;
      expect(open).toMatchObject({ path: 'port-one', answer: 'Я из отдела перевозок', version: 1 });
    }
    await declineMembership(tools(), no(open), OPERATOR);
    clock.advance(DAY + 1);
    expect((await again()).outcome).toBe('too_many');
  });

  it('keeps the comment of a second application beside what is asked and answered later', async () => {
    const { who, asked } = await apply();
    await declineMembership(tools(), no(asked), OPERATOR);
    // A comment that looks like what we keep is a comment all the same.
    const comment = '[{"question":"Вы директор?","words":"Да"}]';
    const by = `account:${who.id}`;
    const again = await applyAgain(tools(), { accountId: who.id, unit, naming, answer: comment }, by);
    if (again.outcome !== 'done') throw new Error(again.outcome);
    const said: { question: string | null; words: string }[] = [{ question: null, words: comment }];
    for (const [question, words] of [
      ['В каком отделе?', 'В перевозках'],
      ['А кто начальник?', 'Пётр Образцов'],
    ] as const) {
      const { number, version, id } = await see(again.membership);
      expect(await askForMore(tools(), { number, version, question }, OPERATOR)).toBe('done');
      await answerQuestion(tools(), { membershipId: id, accountId: who.id, answer: words }, by);
      said.push({ question, words });
    }
    expect(readSaid((await see(again.membership)).answer)).toEqual(said);
  });

  it('tells contact persons of a power of attorney that comes later, decides it once, and tells the member', async () => {
    const contact = await addContact();
    const { who, asked } = await apply();
    await approveMembership(tools(), yes(asked), OPERATOR);
    const attach = async (): Promise<string> => {
      const id = randomUUID();
      await database.db.transaction().execute(async (trx) => {
        const power = { id, kind: 'scan', facts: undefined, addedAt: clock.now() } as const;
        const file = { id: randomUUID(), powerId: id, position: 0, part: 'page', storageKey: id } as const;
        const content = {
          mediaType: 'application/pdf',
          originalName: 'a.pdf',
          size: 1,
          sha256: '0'.repeat(64),
        };
        await insertPower(trx, power, [{ ...file, ...content }]);
        await givePower(trx, id, { membershipId: asked.id });
        await tellOfPower(trx, tools(), asked.id);
      });
      return id;
    };
    const first = await attach();
    expect(await templatesTo(database.db, contact)).toContain('power_attached');
    expect((await listPowersDueFor(database.db, contact.id)).map(({ id }) => id)).toEqual([asked.id]);
    expect(await listPowersDueFor(database.db, who.id)).toEqual([]);
    const decide = (powerId: string, decision: PowerDecision['decision'], decider: Decider) =>
      decidePower(tools(), { number: asked.number, powerId, decision }, decider);
    const refuse = { kind: 'decline', comment: 'Нет подписи' } as const;
    const accept = { kind: 'accept', validUntil: new Date(clock.now().getTime() + DAY * 1000) } as const;
    expect(await decide(first, refuse, asContact(who))).toBe('not_allowed');
    expect(await decide(randomUUID(), refuse, OPERATOR)).toBe('stale');
    expect(await decide(first, refuse, asContact(contact))).toBe('done');
    // Of one moment with the approval, so in no order.
    expect(await mailsTo(database.db, who)).toContainEqual(
      expect.objectContaining({
        template: 'power_declined',
        values: expect.objectContaining({ comment: 'Нет подписи' }) as unknown,
      }),
    );
    expect((await see(asked)).canAct).toBe(false);

    const second = await attach();
    const results = await Promise.all([
      decide(second, accept, asContact(contact)),
      decide(second, refuse, OPERATOR),
      decide(second, accept, OPERATOR),
    ]);
    expect(results.toSorted()).toEqual(['done', 'stale', 'stale']);
    const told = (await templatesTo(database.db, who)).filter((name) => name.startsWith('power_'));
    expect(told).toHaveLength(2);
    expect(await listPowersDueFor(database.db, contact.id)).toEqual([]);
  });

  it('attack 50: makes one application of two tabs that apply again at once', async () => {
    const { who, asked } = await apply();
    await declineMembership(tools(), no(asked), OPERATOR);
    const request = { accountId: who.id, unit, naming, answer: null };
    const both = await Promise.all([1, 2].map(() => applyAgain(tools(), request, `account:${who.id}`)));
    expect(both.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'standing']);
  });

  it('lets the right to act end with its last day', async () => {
    const { asked } = await apply();
    const canActUntil = new Date(clock.now().getTime() + DAY * 1000);
    await approveMembership(tools(), { ...yes(asked), canAct: true, canActUntil }, OPERATOR);
    const view = await see(asked);
    expect(companyClaim(view, clock.now()).can_act).toBe(true);
    expect(companyClaim(view, canActUntil)).toMatchObject({ status: 'approved', can_act: false });
  });

  it('moves an application to the company that is meant, and to none that nobody knows', async () => {
    const { who, asked } = await apply();
    const unknown = { ...yes(asked), joinCompany: { inn: '7800999994', kpp: '780099001' } };
    expect(await approveMembership(tools(), unknown, OPERATOR)).toBe('company_unknown');
    await database.db
      .insertInto('companyDirectory')
      .values({
        ...{ inn: '7800999994', kpp: '780099001', ogrn: null, name: 'ООО "Верное"', fullName: 'Верное' },
        ...{ kind: 'legal', status: 'active', branch: 'main', address: null, updatedAt: clock.now() },
      })
      .execute();
    expect(await approveMembership(tools(), unknown, OPERATOR)).toBe('done');
    expect(await see(asked)).toMatchObject({
      ...{ companyName: 'ООО "Верное"', kpp: '780099001', nameSource: 'directory', status: 'approved' },
    });
    const request = { accountId: who.id, unit, naming, path: 'port-one', clientId: null };
    const second = await database.db.transaction().execute((trx) => requestMembership(trx, tools(), request));
    const twice = { ...yes(second ?? asked), joinCompany: unknown.joinCompany };
    expect(await approveMembership(tools(), twice, OPERATOR)).toBe('standing');
    expect((await see(second ?? asked)).status).toBe('requested');
  });

  it('takes the name of a company from who knows it, not from who typed it first', async () => {
    const first = { ...(await apply()), kpp: unit.kpp };
    const ask = async (named: { name: string; nameSource: 'directory' | 'person' }) => {
      const { id } = await addSomebody(database.db, clock.now());
      const request = {
        accountId: id,
        unit,
        naming: { ...named, ogrn: null },
        path: 'port-one',
        clientId: null,
      };
      const asked = await database.db
        .transaction()
        .execute((trx) => requestMembership(trx, tools(), request));
      return see(asked ?? first.asked);
    };
    expect((await ask({ name: 'ООО "Другое"', nameSource: 'person' })).companyName).toBe(naming.name);
    unit = { ...unit, kpp: '780044001' };
    const odd = await ask({ name: 'ООО \0"О\u202eдно"\u001b[2J', nameSource: 'person' });
    expect(odd.companyName).toBe('ООО "Одно"[2J');
    unit = { ...unit, kpp: first.kpp };
    await ask({ name: 'ООО "Верное"', nameSource: 'directory' });
    await ask({ name: 'ООО "Поддельное"', nameSource: 'person' });
    expect(await see(first.asked)).toMatchObject({ companyName: 'ООО "Верное"', nameSource: 'directory' });
  });

  it('reminds each contact person once, and ends what nobody decides, however many workers run', async () => {
    const work = () => Promise.all([1, 2].map(() => tendApplications(tools())));
    // What other tests have left waiting.
    clock.advance(31 * DAY);
    await tendApplications(tools());
    const contact = await addContact();
    const { who, asked } = await apply();
    await apply();
    const since = (await mailsTo(database.db, contact)).length;
    clock.advance(3 * DAY - 2);
    await work();
    expect(await mailsTo(database.db, contact)).toHaveLength(since);
    clock.advance(2);
    await work();
    await work();
    const reminders = (await mailsTo(database.db, contact)).slice(since);
    expect(reminders).toMatchObject([
      { template: 'applications_waiting', values: { waiting: '2', link: `${ISSUER}/approvals` } },
    ]);
    clock.advance(7 * DAY);
    await work();
    expect(await mailsTo(database.db, contact)).toHaveLength(since + 2);
    clock.advance(20 * DAY);
    await work();
    expect(await see(asked)).toMatchObject({ status: 'expired', version: 2, decidedBy: 'system' });
    expect(await templatesTo(database.db, who)).toEqual(['application_expired']);
    expect(await mailsTo(database.db, contact)).toHaveLength(since + 2);
    const [event] = await listEvents(database.db, { subject: `account:${who.id}` });
    expect(event).toMatchObject({ event: 'membership_expired', actor: 'system' });
    expect(await approveMembership(tools(), yes({ ...asked, version: 2 }), OPERATOR)).toBe('stale');
  });
});
