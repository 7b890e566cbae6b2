/** Applications by the command line: seen, approved, declined, each with its version, its audit row and its mail. */
import { parseEmail } from '../../src/accounts/email-address';
import { insertAccount, insertIdentifier } from '../../src/accounts/store';
import { listEvents } from '../../src/audit/store';
import { ensureCompany, insertMembership } from '../../src/companies/memberships/store';
import { openMessage } from '../../src/notifications/outbox';
import { listMessages } from '../../src/notifications/store';
import { testSecrets } from '../support/secrets';
import { storageKinds } from '../support/database';
import { openDesk, type Desk } from './desk';

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

  let made = 0;
  /** Somebody who registered for a company whose name they typed. Gives the application's number. */
  async function apply(givenName = 'Анна'): Promise<{ number: string; accountId: string; email: string }> {
    made += 1;
    const { db } = desk.database;
    desk.clock.advance(1);
    const at = desk.clock.now();
    const email = `applicant-${made}@example.com`;
    const person = { familyName: 'Вымышленная', givenName, middleName: null, locale: 'ru' };
    const { id: accountId } = await insertAccount(db, person, at);
    const canonical = parseEmail(email)?.canonical ?? '';
    await insertIdentifier(db, { accountId, kind: 'email', value: email, canonical, provedAt: at });
    const naming = { name: 'ооо пример', nameSource: 'person' as const, ogrn: null };
    const company = await ensureCompany(db, { inn: '7800999994', kpp: '780001001' }, naming, at);
    const facts = { companyId: company.id, status: 'requested' as const, role: 'member' as const };
    const membership = await insertMembership(
      db,
      { accountId, ...facts, canAct: false, decidedBy: null },
      at,
    );
    return { number: String(membership?.number), accountId, email };
  }

  const mailsTo = async (email: string) =>
    (await listMessages(desk.database.db, { limit: 500 }))
      .map((row) => openMessage(testSecrets, row))
      .filter(({ to }) => to === email);

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
    const { number, accountId, email } = await apply();
    const choice = ['--version', '1', '--role', 'contact', '--can-act', '--company-name', 'ООО "Пример"'];
    const done = await desk.json<ApplicationJson>('approvals', 'approve', number, ...choice);
    expect(done).toMatchObject({
      version: 2,
      company: { name: 'ООО "Пример"', status: 'approved', role: 'contact', can_act: true },
      company_name_source: 'operator',
      decided_by: 'operator:test-operator',
    });
    expect((await mailsTo(email)).map(({ template }) => template)).toEqual(['application_approved']);
    const [event] = await listEvents(desk.database.db, { subject: `account:${accountId}` });
    expect(event).toMatchObject({ event: 'membership_approved', actor: 'operator:test-operator' });
    const next = await apply('Борис');
    const seen = await desk.json<ApplicationJson>('approvals', 'show', next.number);
    expect(seen.colleagues).toEqual(['Вымышленная Анна (contact)']);
  });

  it('declines with a reason that the person reads', async () => {
    const { number, accountId, email } = await apply();
    expect((await desk.run('approvals', 'decline', number, '--version', '1')).code).toBe(2);
    expect((await desk.run('approvals', 'decline', number, '--version', '1', '--reason', ' ')).code).toBe(2);
    const reason = 'Компания вас не знает';
    const { code, out } = await desk.run(
      'approvals',
      'decline',
      number,
      '--version',
      '1',
      '--reason',
      reason,
    );
    expect([code, out]).toEqual([0, expect.stringContaining('is declined')]);
    const [mail] = await mailsTo(email);
    expect(mail).toMatchObject({ template: 'application_declined', values: { reason } });
    const [event] = await listEvents(desk.database.db, { subject: `account:${accountId}` });
    expect(event?.event).toBe('membership_declined');
  });

  it('decides nothing twice, nothing unseen, nothing that is not there', async () => {
    const { number, email } = await apply();
    expect((await desk.run('approvals', 'approve', number)).code).toBe(2);
    const unseen = await desk.run('approvals', 'approve', number, '--version', '7');
    expect(unseen).toMatchObject({ code: 4, err: expect.stringContaining('at version 1') as string });
    expect((await desk.run('approvals', 'approve', number, '--version', '1')).code).toBe(0);
    const late = ['approvals', 'decline', number, '--version', '2', '--reason', 'поздно'];
    expect(await desk.run(...late)).toMatchObject({
      code: 4,
      err: expect.stringContaining('approved') as string,
    });
    expect(await mailsTo(email)).toHaveLength(1);
    expect((await desk.run('approvals', 'approve', '999999', '--version', '1')).code).toBe(3);
  });
});
