/** Fictional companies for a laptop whose directory is empty: their numbers have right check digits and no owner. */
import { recordEvent } from '../audit/store';
import type { CompanyUnit } from '../companies/identifiers';
import { findDirectoryRow, upsertDirectoryRows, type DirectoryEntry } from '../companies/store';
import type { AppParts } from '../app';

const entry = (
  unit: CompanyUnit,
  ogrn: string,
  name: string,
  change: Partial<DirectoryEntry> = {},
): DirectoryEntry => ({
  ...unit,
  ogrn,
  name,
  fullName: name,
  kind: unit.kpp === null ? 'sole_proprietor' : 'legal',
  status: 'active',
  branch: 'main',
  address: 'г Примерск, ул Вымышленная, д 1',
  ...change,
});

/** The one that has a contact person. */
export const DEMO_COMPANY = entry(
  { inn: '7800999994', kpp: '780001001' },
  '1267800000005',
  'ООО "Ромашка-Пример"',
  {
    fullName: 'Общество с ограниченной ответственностью "Ромашка-Пример"',
  },
);

export const DEMO_COMPANIES: readonly DirectoryEntry[] = [
  DEMO_COMPANY,
  entry({ inn: '7800999994', kpp: '780045001' }, '1267800000005', 'Филиал ООО "Ромашка-Пример" в Примерске', {
    branch: 'branch',
  }),
  entry({ inn: '9901000010', kpp: '990101001' }, '5267800000001', 'АО "Ликвидированный пример"', {
    status: 'liquidated',
  }),
  entry({ inn: '780099999967', kpp: null }, '326784700000006', 'ИП Примеров Пример Примерович'),
  entry({ inn: '770000000156', kpp: null }, '326784700000017', 'ИП Образцова Проба Вымышленовна'),
];

/** Fills an empty directory; one with companies of the operator's own is left as it is. */
export async function seedDemoCompanies({ db, clock }: AppParts, actor: string): Promise<void> {
  const some = await db.selectFrom('companyDirectory').select('inn').limit(1).executeTakeFirst();
  if (some) return;
  const at = clock.now();
  await db.transaction().execute(async (trx) => {
    const added = await upsertDirectoryRows(trx, DEMO_COMPANIES, at);
    await recordEvent(trx, { event: 'companies_imported', actor, details: { file: 'demo', added } }, at);
  });
}

/** Whether the demo company is the one that was seeded, and not an operator's. */
export async function hasDemoCompany({ db }: AppParts): Promise<boolean> {
  return (await findDirectoryRow(db, DEMO_COMPANY))?.name === DEMO_COMPANY.name;
}
