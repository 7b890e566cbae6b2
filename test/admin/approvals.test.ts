/** Applications by the command line: seen, approved, declined, each with its version, its audit row and its mail. */
import { listEvents } from '../../src/audit/store';
import { answerQuestion } from '../../src/companies/memberships/answer';
import { approveMembership } from '../../src/companies/memberships/decide-membership';
import { applyAgain, requestMembership } from '../../src/companies/memberships/request';
import { requestLegacyLink } from '../../src/legacy-accounts/link';
import { addSomebody, mailsTo as mailsOf, type Somebody } from '../companies/people';
import { storageKinds } from '../support/database';
import { ISSUER, openDesk, type Desk } from './desk';

interface ApplicationJson {
  number: number;
  version: number;
  name: string;
  company: { name: string; status: string; role: string; can_act: boolean };
  company_name_source: string;
  decided_by: string | null;
  reason: string | null;
  colleagues: string[];
}

describe.each(storageKinds)('approvals on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
  });
  afterAll(() => desk.close());

  /** Somebody who registered for a company whose name they typed. Gives the application's number. */
  async function apply(givenName = 'Анна', kpp = '780001001') {
    const { db } = desk.database;
    desk.clock.advance(1);
    const who = await addSomebody(db, desk.clock.now(), givenName);
    const naming = { name: 'ооо пример', nameSource: 'person' as const, ogrn: null };
    const unit = { inn: '7800999994', kpp };
    const request = { accountId: who.id, unit, naming, path: 'port-one', clientId: null };
    const tools = { ...desk.tools, issuer: ISSUER };
    const asked = await db.transaction().execute((trx) => requestMembership(trx, tools, request));
    return { number: String(asked?.number), accountId: who.id, email: who.email, id: who.id };
  }

  const mailsTo = (who: Somebody) => mailsOf(desk.database.db, who);

  it('lists those that wait, oldest first, in pages', async () => {
    const [first, second] = [await apply(), await apply()];
    const page = await desk.json<{ items: ApplicationJson[]; next: string }>(
      'approvals',
      'list',
      '--limit',
      '1',
    );
    expect(page.items.map(({ number }) => String(number))).toEqual([first.number]);
    const rest = await desk.json<{ items: ApplicationJson[] }>('approvals', 'list', '--after', page.next);
    expect(rest.items.map(({ number }) => String(number))).toEqual([second.number]);
    const { out } = await desk.run('approvals', 'list');
    expect(out).toMatch(/NUMBER.*PERSON.*COMPANY/);
    expect(out).toContain('Вымышленная Анна');
    expect((await desk.run('approvals', 'list', '--after', '999999')).code).toBe(2);
  });

  it('shows what a reviewer needs, the version first of all', async () => {
    const { number } = await apply();
    const seen = await desk.json<ApplicationJson>('approvals', 'show', number);
    expect(seen).toMatchObject({ version: 1, company_name_source: 'person', colleagues: [] });
    const { out } = await desk.run('approvals', 'show', number);
    expect(out).toMatch(/Version\s+1/);
    expect(out).toContain('typed by a person');
    expect((await desk.run('approvals', 'show', '999999')).code).toBe(3);
    expect((await desk.run('approvals', 'show', 'x')).code).toBe(2);
  });

  it('approves with a right, a role and the company’s right name, and tells the person', async () => {
    const { number, accountId, ...who } = await apply();
    const choice = ['--version', '1', '--role', 'contact', '--can-act', '--company-name', 'ООО "Пример"'];
    const done = await desk.json<ApplicationJson>('approvals', 'approve', number, ...choice);
    expect(done).toMatchObject({
      version: 2,
      company: { name: 'ООО "Пример"', status: 'approved', role: 'contact', can_act: true },
      company_name_source: 'operator',
      decided_by: 'operator:test-operator',
    });
    const told = (await mailsTo(who)).map(({ template }) => template);
    expect(told.toSorted()).toEqual(['application_approved', 'contact_appointed']);
    const [event] = await listEvents(desk.database.db, { subject: `account:${accountId}` });
    expect(event).toMatchObject({ event: 'membership_approved', actor: 'operator:test-operator' });
    const next = await apply('Борис');
    const seen = await desk.json<ApplicationJson>('approvals', 'show', next.number);
    expect(seen.colleagues).toEqual(['Вымышленная Анна (contact)']);
  });

  it('declines with a reason of the list and a comment, which the person reads', async () => {
    const { number, accountId, ...who } = await apply();
    const decline = (...more: string[]) =>
      desk.run('approvals', 'decline', number, '--version', '1', ...more);
    expect((await decline()).code).toBe(2);
    expect((await decline('--reason', 'because')).err).toContain('not_employee');
    expect(await decline('--reason', 'other')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/--comment/) as string,
    });
    expect((await decline('--reason', 'other', '--comment', ' ')).code).toBe(2);
    const comment = 'Обратитесь в ваш отдел перевозок';
    const { code, out } = await decline('--reason', 'not_employee', '--comment', comment);
    expect([code, out]).toEqual([0, expect.stringContaining('is declined')]);
    const [mail] = await mailsTo(who);
    const values = { reasonCode: 'not_employee', comment };
    expect(mail).toMatchObject({ template: 'application_declined', values });
    const [event] = await listEvents(desk.database.db, { subject: `account:${accountId}` });
    expect(event).toMatchObject({
      event: 'membership_declined',
      details: { reason: 'not_employee', comment },
    });
  });

  it('asks, and shows in the list who is waited for', async () => {
    const { number, ...who } = await apply('Галина', '780002001');
    const question = ['--version', '1', '--question', 'Где вы работаете?'];
    expect((await desk.run('approvals', 'ask', number, ...question)).out).toContain('version 2');
    expect((await mailsTo(who))[0]).toMatchObject({ template: 'application_question' });
    const list = (...filter: string[]) =>
      desk.json<{ items: ApplicationJson[] }>('approvals', 'list', ...filter).then(({ items }) => items);
    expect((await list('--asked')).map(({ name }) => name)).toEqual(['Вымышленная Галина']);
    expect(await list('--company', '7800999994/780002001')).toHaveLength(1);
    expect((await list('--company', '7800999994')).length).toBeGreaterThan(1);
    expect(await list('--older-than', '1')).toEqual([]);
    expect((await list('--status', 'declined')).every(({ company }) => company.status === 'declined')).toBe(
      true,
    );
    expect((await list('--all')).length).toBeGreaterThan((await list()).length);
    expect((await desk.run('approvals', 'list', '--asked')).out).toContain('the person’s answer');
    expect((await desk.run('approvals', 'list', '--all', '--status', 'declined')).code).toBe(2);
    expect((await desk.run('approvals', 'list', '--company', '123')).code).toBe(2);
  });

  it('decides many from a file, each by itself, and says which could not be', async () => {
    const numbers = [(await apply()).number, (await apply()).number, (await apply()).number];
    desk.files.set(
      '-',
      Buffer.from(`# утро\n${numbers[0]} 1\n{"number":${numbers[1]},"version":9}\n999999 1\n`),
    );
    const approve = await desk.run('approvals', 'approve', '--from', '-', '--as', 'Мария И.');
    expect(approve.out.trim().split('\n')).toEqual([
      `${numbers[0]} done`,
      `${numbers[1]} stale`,
      '999999 absent',
    ]);
    expect(approve).toMatchObject({ code: 4, err: expect.stringContaining('2 of 3') as string });
    const done = await desk.json<ApplicationJson>('approvals', 'show', numbers[0] ?? '');
    expect(done.decided_by).toBe('operator:Мария И.');

    const page = await desk.run('approvals', 'list', '--json', '--company', '7800999994/780001001');
    desk.files.set('page.json', Buffer.from(page.out));
    const decline = await desk.run(
      'approvals',
      'decline',
      '--from',
      'page.json',
      '--reason',
      'duplicate',
      '--json',
    );
    expect(decline.code).toBe(0);
    expect((JSON.parse(decline.out) as { failed: number }).failed).toBe(0);
    expect((await desk.json<ApplicationJson>('approvals', 'show', numbers[2] ?? '')).company.status).toBe(
      'declined',
    );

    desk.files.set('bad.txt', Buffer.from('17\n'));
    expect(await desk.run('approvals', 'approve', '--from', 'bad.txt')).toMatchObject({
      ...{ code: 2, err: expect.stringContaining('Line 1') as string },
    });
    expect((await desk.run('approvals', 'approve', '--from', 'bad.txt', '--version', '1')).code).toBe(2);
    expect((await desk.run('approvals', 'approve', '17', '--from', 'bad.txt')).code).toBe(2);
  });

  it.each(['', 'x'.repeat(65), 'a\nb', '-x', '<b>'])(
    'refuses %j as the name of an operator',
    async (name) => {
      expect((await desk.run('approvals', 'list', `--as=${name}`)).code).toBe(2);
    },
  );

  it('gives the right to act until a day, and refuses days that are none or over', async () => {
    const { number } = await apply();
    const until = (day: string) =>
      desk.run('approvals', 'approve', number, '--version', '1', '--can-act-until', day, '--json');
    for (const day of ['2027-02-30', 'soon', '2020-01-01']) expect((await until(day)).code).toBe(2);
    const { out } = await until('2027-12-31');
    const expected = { company: { can_act: true }, can_act_until: '2027-12-31T20:59:59.999Z' };
    expect(JSON.parse(out)).toMatchObject(expected);
  });

  it('prolongs and takes the right to act of a member, and of nobody else', async () => {
    const { number } = await apply();
    const rights = (...options: string[]) => desk.run('approvals', 'rights', number, ...options);
    expect(await rights('--can-act')).toMatchObject({
      code: 4,
      err: expect.stringContaining('requested') as string,
    });
    await desk.run('approvals', 'approve', number, '--version', '1');
    expect((await rights('--can-act-until', '2027-12-31')).out).toContain('may act until');
    expect((await rights('--no-can-act')).out).toContain('may read');
    expect((await rights('--can-act', '--json')).out).toContain('"can_act": true');
    expect((await rights('--accept-power')).err).toContain('No power of attorney');
    for (const nothing of [[], ['--valid-until', '2027-12-31'], ['--can-act-until', '2020-01-01']])
      expect((await rights(...nothing)).code).toBe(2);
    const [event] = await listEvents(desk.database.db, { event: 'membership_rights_changed' });
    expect(event?.details).toMatchObject({ can_act: true, can_act_until: null });
  });

  it('confirms the login of the older portal together with the application, unless it is another’s', async () => {
    const [first, second] = [await apply(), await apply()];
    for (const { accountId } of [first, second]) {
      const link = { accountId, portal: 'ktsp', login: 'vymyshlennaya', proved: false };
      await desk.database.db.transaction().execute((trx) => requestLegacyLink(trx, link, desk.clock.now()));
    }
    const approve = ({ number }: typeof first, ...more: string[]) =>
      desk.run('approvals', 'approve', number, '--version', '1', ...more);
    expect((await approve(first, '--confirm-legacy')).code).toBe(0);
    expect((await desk.run('approvals', 'show', first.number)).out).toMatch(
      /vymyshlennaya \(ktsp\), confirmed/,
    );
    const taken = await approve(second, '--confirm-legacy');
    expect(taken).toMatchObject({ code: 4, err: expect.stringContaining('Another account') as string });
    expect((await desk.json<ApplicationJson>('approvals', 'show', second.number)).company.status).toBe(
      'requested',
    );
    expect((await approve(second, '--accept-power')).err).toContain('No power of attorney');
    expect((await approve(second)).code).toBe(0);
  });

  it('repeats the rights that it gives, names the contact person who decided, and keeps who was first', async () => {
    const [first, second] = [await apply('Вера', '780003001'), await apply('Глеб', '780003001')];
    const contact = ['--version', '1', '--role', 'contact', '--can-act-until', '2027-12-31'];
    const done = await desk.run('approvals', 'approve', first.number, ...contact);
    expect(done.out).toMatch(/is approved: contact person, may act for the company until .*2027-12-31/);
    const decider = { kind: 'contact', actor: `account:${first.id}`, accountId: first.id } as const;
    const tools = { ...desk.tools, issuer: ISSUER };
    const yes = { number: Number(second.number), version: 1, role: 'member', canAct: false } as const;
    expect(await approveMembership(tools, yes, decider)).toBe('done');
    const show = async () => (await desk.run('approvals', 'show', second.number)).out;
    expect(await show()).toMatch(/Decided.* by Вымышленная Вера \(somebody-\d+@example\.com\)/);
    expect(await show()).toContain('member, may only read');
    for (const verb of ['suspend', 'restore'])
      await desk.run('approvals', verb, second.number, '--reason', 'проверка');
    const restored = await show();
    expect(restored).toMatch(/approved by Вымышленная Вера/);
    expect(restored).toMatch(/restored by operator:test-operator/);
  });

  it('shows a comment as a comment, and each question beside its answer', async () => {
    const { number, id } = await apply('Дина', '780004001');
    await desk.run('approvals', 'decline', number, '--version', '1', '--reason', 'data_unclear');
    const unit = { inn: '7800999994', kpp: '780004001' };
    const naming = { name: 'ооо пример', nameSource: 'person' as const, ogrn: null };
    const tools = { ...desk.tools, issuer: ISSUER };
    const request = { accountId: id, unit, naming, answer: 'Исправила отчество' };
    const again = await applyAgain(tools, request, `account:${id}`);
    if (again.outcome !== 'done') throw new Error(again.outcome);
    const { membership } = again;
    const listed = () => desk.run('approvals', 'list', '--company', '7800999994/780004001');
    expect((await listed()).out).not.toContain('answered');
    const which = [String(membership.number), '--version', '1', '--question', 'Где вы работаете?'];
    await desk.run('approvals', 'ask', ...which);
    const asked = await desk.run('approvals', 'show', String(membership.number));
    expect(asked.out).toMatch(/Comment\s+Исправила отчество/);
    expect(asked.out).toMatch(/Question\s+Где вы работаете\? \(no answer yet\)/);
    await answerQuestion(tools, { membershipId: membership.id, accountId: id, answer: 'В порту' }, 'x');
    expect((await listed()).out).toContain('a decision (answered)');
    expect(await desk.json('approvals', 'show', String(membership.number))).toMatchObject({
      ...{ question: null, answer: 'В порту', comment: 'Исправила отчество' },
      exchanges: [{ question: 'Где вы работаете?', answer: 'В порту' }],
    });
  });

  it('suspends, restores and revokes by the number, and tells the person each time', async () => {
    const { number, ...who } = await apply();
    await desk.run('approvals', 'approve', number, '--version', '1');
    for (const verb of ['suspend', 'restore', 'revoke'])
      expect((await desk.run('approvals', verb, number, '--reason', 'проверка')).code).toBe(0);
    expect((await mailsTo(who)).map(({ template }) => template).toSorted()).toEqual([
      'application_approved',
      'membership_restored',
      'membership_revoked',
      'membership_suspended',
    ]);
  });

  it('attack 54: decides nothing twice, nothing unseen, nothing that is not there', async () => {
    const { number, ...who } = await apply();
    expect((await desk.run('approvals', 'approve', number)).code).toBe(2);
    const unseen = await desk.run('approvals', 'approve', number, '--version', '7');
    expect(unseen).toMatchObject({ code: 4, err: expect.stringContaining('at version 1') as string });
    expect((await desk.run('approvals', 'approve', number, '--version', '1')).code).toBe(0);
    const late = ['approvals', 'decline', number, '--version', '2', '--reason', 'duplicate'];
    expect(await desk.run(...late)).toMatchObject({
      code: 4,
      err: expect.stringContaining('approved') as string,
    });
    expect(await mailsTo(who)).toHaveLength(1);
    expect((await desk.run('approvals', 'approve', '999999', '--version', '1')).code).toBe(3);
  });
});
