/** Powers of attorney in front of an operator: saved, compared with the application, accepted, refused. */
import { join } from 'node:path';
import { attachPower } from '../../src/attorney/attach-power';
import { createFolderStore } from '../../src/attorney/files/folder';
import { noScan } from '../../src/attorney/virus-scan';
import { noteApplicationChanged } from '../../src/companies/memberships/answer';
import { requestMembership } from '../../src/companies/memberships/request';
import { mchdXml, pdf, signature, upload, type MchdOptions } from '../attorney/documents';
import { addSomebody, mailsTo } from '../companies/people';
import { temporaryFolder } from '../support/processes';
import { ISSUER, openDesk, type Desk } from './desk';

let desk: Desk;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  desk = await openDesk('embedded');
  desk.tools.config = { ...desk.tools.config, dataDir: folder.path };
});
afterAll(async () => {
  await desk.close();
  folder.remove();
});

const unit = { inn: '7800999994', kpp: '780001001' };
const naming = { name: 'ООО "Пример"', nameSource: 'directory' as const, ogrn: null };

async function apply(): Promise<{ number: string; membershipId: string; actor: string; email: string }> {
  const { db } = desk.database;
  const who = await addSomebody(db, desk.clock.now());
  const request = { accountId: who.id, unit, naming, path: 'port-one', clientId: null };
  const tools = { ...desk.tools, issuer: ISSUER };
  const asked = await db.transaction().execute((trx) => requestMembership(trx, tools, request));
  const actor = `account:${who.id}`;
  return { number: String(asked?.number), membershipId: asked?.id ?? '', actor, email: who.email };
}

type Uploads = Parameters<typeof attachPower>[2];

function attach({ membershipId, actor }: Awaited<ReturnType<typeof apply>>, uploads: Uploads) {
  const tools = { ...desk.tools, files: createFolderStore(join(folder.path, 'files')), virusScan: noScan };
  return attachPower(tools, { membershipId }, uploads, actor, (trx) =>
    noteApplicationChanged(trx, membershipId, desk.clock.now()),
  );
}

const pair = (options: MchdOptions = {}): Uploads => [
  upload('power.xml', mchdXml(options)),
  upload('power.xml.sig', signature()),
];

const show = (number: string, ...options: string[]) => desk.run('approvals', 'show', number, ...options);

it('shows what a machine-readable one says and whether it fits, and saves its files', async () => {
  const application = await apply();
  expect(await attach(application, pair({ familyName: 'Посторонняя' }))).toBeUndefined();
  const { out, err, code } = await show(application.number, '--documents', 'papers');
  expect(code).toBe(0);
  expect(out).toMatch(/Version\s+2/);
  expect(out).toMatch(/inn\s+7800999994: fits/);
  expect(out).toMatch(/family_name\s+Посторонняя: DOES NOT FIT, expected Вымышленная/);
  const saved = [...desk.files.keys()].filter((path) => path.startsWith('papers/'));
  const { number } = application;
  expect(saved.toSorted()).toEqual([`papers/${number}-1-1-power.xml`, `papers/${number}-1-2-power.xml.sig`]);
  expect(err).toContain(`Saved papers/${number}-1-1-power.xml`);
  expect(desk.files.get(`papers/${number}-1-1-power.xml`)?.toString()).toContain('Посторонняя');
});

it('accepts one until the end that it names; the right to act ends with it', async () => {
  const application = await apply();
  await attach(application, pair({ validUntil: '2027-11-21' }));
  const accept = ['approvals', 'approve', application.number, '--accept-power'];
  expect((await desk.run(...accept, '--version', '1')).code).toBe(4);
  expect((await desk.run(...accept, '--version', '2')).code).toBe(0);
  const seen = async () =>
    desk.json<{ company: { can_act: boolean }; can_act_until: string; powers: { state: string }[] }>(
      ...['approvals', 'show', application.number],
    );
  expect(await seen()).toMatchObject({ company: { can_act: true }, powers: [{ state: 'accepted' }] });
  expect((await seen()).can_act_until).toMatch(/^2027-11-21T20:59:59/);
  desk.clock.advance(366 * 86_400);
  expect((await seen()).company.can_act).toBe(false);
  // A renewed one is accepted afterwards; a scan ends when the operator says.
  await attach(application, [upload('scan.pdf', pdf())]);
  const renewed = [
    'approvals',
    'rights',
    application.number,
    '--accept-power',
    '--valid-until',
    '2028-12-31',
  ];
  expect((await desk.run(...renewed)).out).toContain('may act until 2028-12-31 23:59');
});

it('accepts none that is over, and then lets nobody in', async () => {
  const application = await apply();
  await attach(application, pair({ validUntil: '2026-11-22' }));
  const accept = ['approvals', 'approve', application.number, '--version', '2', '--accept-power'];
  expect(await desk.run(...accept)).toMatchObject({
    code: 4,
    err: expect.stringContaining('ended') as string,
  });
  expect((await show(application.number)).out).toMatch(/Status\s+requested/);
});

it('refuses it together with the application', async () => {
  const application = await apply();
  await attach(application, [upload('scan.pdf', pdf())]);
  const decline = ['approvals', 'decline', application.number, '--version', '2', '--reason', 'power_missing'];
  expect((await desk.run(...decline)).code).toBe(0);
  expect((await show(application.number)).out).toMatch(/scan, refused: scan\.pdf/);
});

it('lists a power of attorney that came after the approval, and declines it with a word to the member', async () => {
  const application = await apply();
  const { number } = application;
  await desk.run('approvals', 'approve', number, '--version', '1');
  const decline = (...more: string[]) => desk.run('approvals', 'decline-power', number, ...more);
  expect(await decline('--comment', 'x')).toMatchObject({ code: 4 });
  await attach(application, [upload('scan.pdf', pdf())]);
  expect((await desk.run('approvals', 'list')).err).toContain('approvals list --powers');
  const due = () => desk.json<{ items: { number: number }[] }>('approvals', 'list', '--powers');
  expect((await due()).items.map((item) => String(item.number))).toEqual([number]);
  expect((await desk.run('approvals', 'list', '--powers')).out).toContain('a decision about the power');
  expect((await desk.run('approvals', 'list', '--powers', '--all')).code).toBe(2);
  expect((await decline()).code).toBe(2);
  expect((await decline('--comment', 'Нет подписи')).out).toContain('is not accepted');
  const who = { id: '', email: application.email };
  expect(await mailsTo(desk.database.db, who)).toContainEqual(
    expect.objectContaining({
      ...{
        template: 'power_declined',
        values: expect.objectContaining({ comment: 'Нет подписи' }) as unknown,
      },
    }),
  );
  expect((await due()).items).toEqual([]);
  expect((await desk.run('approvals', 'list')).err).not.toContain('--powers');

  desk.clock.advance(1);
  await attach(application, [upload('scan.pdf', pdf())]);
  const accepted = ['approvals', 'rights', number, '--accept-power', '--valid-until', '2028-12-31'];
  expect((await desk.run(...accepted)).code).toBe(0);
  expect((await mailsTo(desk.database.db, who)).at(-1)).toMatchObject({
    ...{ template: 'power_accepted', values: { right: 'acts_until', until: '31 декабря 2028' } },
  });
});
