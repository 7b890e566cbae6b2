/** Memberships by the command line: given, rested, ended, each in the audit. */
import { listEvents } from '../../src/audit/store';
import { storageKinds } from '../support/database';
import { openDesk, type Desk } from './desk';

interface MemberJson {
  id: string;
  company: { inn: string; kpp: string | null; name: string; status: string; role: string; can_act: boolean };
  decided_by: string;
  reason: string | null;
}

const UNIT = ['--inn', '7800999994', '--kpp', '780001001'];

describe.each(storageKinds)('members on %s', (kind) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(kind);
    for (const name of ['anna', 'boris']) {
      const person = [
        '--email',
        `${name}@example.com`,
        '--family-name',
        'Вымышленный',
        '--given-name',
        'Ян',
        '--no-middle-name',
      ];
      expect((await desk.run('accounts', 'create', ...person)).code).toBe(0);
    }
  });
  afterAll(() => desk.close());

  const add = (who: string, ...more: string[]) =>
    desk.json<MemberJson>('members', 'add', who, ...UNIT, '--name', 'ООО "Пример"', ...more);

  it('makes a person a member once, and says so to relying parties', async () => {
    const made = await add('anna@example.com', '--role', 'contact', '--can-act');
    expect(made.company).toEqual({
      inn: '7800999994',
      kpp: '780001001',
      ogrn: null,
      name: 'ООО "Пример"',
      status: 'approved',
      role: 'contact',
      can_act: true,
    });
    expect(made.decided_by).toBe('operator:test-operator');
    const again = await desk.run('members', 'add', 'anna@example.com', ...UNIT);
    expect(again).toMatchObject({ code: 4, err: expect.stringContaining('already') as string });
  });

  it('rests, restores and ends a membership, and refuses what leads nowhere', async () => {
    const { id } = await add('boris@example.com', '--can-act');
    const change = (verb: string) => desk.run('members', verb, id, '--reason', 'проверка', '--json');
    const status = (out: string) => (JSON.parse(out) as MemberJson).company;
    expect(status((await change('suspend')).out)).toMatchObject({ status: 'suspended', can_act: false });
    expect((await change('suspend')).code).toBe(4);
    expect(status((await change('restore')).out)).toMatchObject({ status: 'approved', can_act: true });
    expect(status((await change('revoke')).out)).toMatchObject({ status: 'revoked', can_act: false });
    expect((await change('restore')).code).toBe(4);
    const events = await listEvents(desk.tools.db, { limit: 10 });
    expect(events.map(({ event }) => event)).toEqual(
      expect.arrayContaining([
        'membership_added',
        'membership_suspended',
        'membership_restored',
        'membership_revoked',
      ]),
    );
    // What has ended does not stand in the way of a new beginning.
    expect((await add('boris@example.com')).company.status).toBe('approved');
  });

  it('appoints and dismisses contact persons', async () => {
    const unit = '7800999994/780001001';
    const contact = (...argv: string[]) => desk.run('companies', 'contact', ...argv);
    const names = async () => {
      const { items } = await desk.json<{ items: { email: string }[] }>('companies', 'contact', 'list', unit);
      return items.map(({ email }) => email).toSorted();
    };
    expect(await names()).toEqual(['anna@example.com']);
    expect(await contact('add', unit, 'anna@example.com')).toMatchObject({ code: 4 });
    expect(await contact('add', unit, 'boris@example.com')).toMatchObject({ code: 0 });
    expect(await names()).toEqual(['anna@example.com', 'boris@example.com']);
    expect((await contact('remove', unit, 'boris@example.com')).code).toBe(0);
    expect((await contact('remove', unit, 'boris@example.com')).code).toBe(3);
    expect(await names()).toEqual(['anna@example.com']);
    // In a company where he is nothing yet he becomes a member as well; the company must be known or named.
    const other = '780099999967';
    expect((await contact('add', other, 'boris@example.com')).code).toBe(3);
    expect((await contact('add', other, 'boris@example.com', '--name', 'ИП Примеров')).code).toBe(0);
    expect((await contact('add', '123', 'boris@example.com')).code).toBe(2);
    const [event] = await listEvents(desk.tools.db, { event: 'contact_dismissed' });
    expect(event).toMatchObject({ actor: 'operator:test-operator' });
    expect((await contact('remove', other, 'boris@example.com')).code).toBe(0);
  });

  it('keeps one company for one unit, whoever names it', async () => {
    const { items } = await desk.json<{ items: MemberJson[] }>('members', 'list', ...UNIT);
    expect(new Set(items.map(({ company }) => company.name))).toEqual(new Set(['ООО "Пример"']));
    const rows = await desk.tools.db
      .selectFrom('companies')
      .select('id')
      .where('inn', '=', '7800999994')
      .execute();
    expect(rows).toHaveLength(1);
  });

  it.each([
    [['--inn', '7800999995', '--kpp', '780001001'], 2],
    [['--inn', '7800999994'], 2],
    [['--inn', '780099999967', '--kpp', '780001001'], 2],
    [['--inn', '9901000010', '--kpp', '990101001'], 3],
  ])('refuses %j with exit code %i and one sentence', async (numbers, code) => {
    const answer = await desk.run('members', 'add', 'anna@example.com', ...numbers);
    expect(answer.code).toBe(code);
    expect(answer.err.trim().split('\n')).toHaveLength(1);
  });

  it('attack 56: pages, and refuses a forged cursor', async () => {
    const page = await desk.json<{ items: MemberJson[]; next: string | null }>(
      'members',
      'list',
      '--limit',
      '1',
    );
    expect(page.items).toHaveLength(1);
    const rest = await desk.json<{ items: MemberJson[] }>('members', 'list', '--after', page.next ?? '');
    expect(rest.items.map(({ id }) => id)).not.toContain(page.items[0]?.id);
    expect((await desk.run('members', 'list', '--after', "x' or 1=1")).code).toBe(2);
  });
});
