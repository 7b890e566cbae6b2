/** Brings a file's contracts in: all of its good lines in one transaction, or nothing. */
import { storableText } from '../audit/audit';
import { recordEvent } from '../audit/store';
import { inOrder, sumBatches } from '../companies/import/batches';
import { ensureCompany, findCompanyByUnit } from '../companies/memberships/store';
import { findDirectoryRow } from '../companies/store';
import type { Queryable } from '../storage/tables';
import type { ActivationTools } from './activate-company';
import type { ContractEntry, ContractFile, RefusedContract } from './contract-file';
import { endContractIn } from './end-contract';
import { upsertContracts } from './store';

export interface ContractCounts {
  added: number;
  known: number;
  ended: number;
  /** Lines whose company nobody knows and the file does not name. */
  refused: RefusedContract[];
}

/** What the audit row says of the file. */
export interface FileFacts {
  file: string;
  sha256: string;
}

class Undone extends Error {
  constructor(readonly counts: ContractCounts) {
    super('a dry run');
  }
}

/** @param dryRun does it all and undoes it. @param actor as the audit names people */
export async function importContracts(
  tools: ActivationTools,
  file: ContractFile,
  from: FileFacts,
  { actor, dryRun }: { actor: string; dryRun: boolean },
): Promise<ContractCounts> {
  try {
    return await tools.db.transaction().execute(async (trx) => {
      const counts = await bringIn(trx, tools, file, from, actor);
      if (dryRun) throw new Undone(counts);
      return counts;
    });
  } catch (error) {
    if (error instanceof Undone) return error.counts;
    throw error;
  }
}

async function bringIn(
  trx: Queryable,
  tools: ActivationTools,
  { entries, duplicates, refused }: ContractFile,
  { file, sha256 }: FileFacts,
  actor: string,
): Promise<ContractCounts> {
  const at = tools.clock.now();
  const ordered = inOrder(entries, ({ number }) => number);
  const companies = await findCompanies(trx, ordered, at);
  const unknown = ordered.filter(({ unit }) => unit !== null && !companies.has(unitKey(unit)));
  const lost = new Set(unknown);
  const good = ordered.filter((entry) => !lost.has(entry));
  const counts: ContractCounts = {
    ...{ added: 0, known: 0, ended: 0 },
    refused: unknown.map(({ line }) => ({ line, problem: 'company_unknown' })),
  };
  const rows = good.map(({ number, unit }) => ({
    ...{ number, source: file },
    companyId: unit === null ? null : (companies.get(unitKey(unit)) ?? null),
  }));
  counts.added = await sumBatches(rows, (batch) => upsertContracts(trx, batch, at));
  counts.known = good.length - counts.added;
  for (const { number, status, reason } of good) {
    if (status !== 'ended') continue;
    const ended = await endContractIn(trx, tools, { number, reason }, actor);
    if (ended === 'done') counts.ended += 1;
  }
  const { added, known, ended } = counts;
  const details = { file, sha256, added, known, ended, duplicates, refused: refused.length + unknown.length };
  await recordEvent(trx, { event: 'contracts_imported', actor, details }, at);
  return counts;
}

const unitKey = ({ inn, kpp }: { inn: string; kpp: string | null }): string => `${inn}/${kpp ?? ''}`;

/** The id of each company that is known, in the directory, or named by the file. */
async function findCompanies(
  trx: Queryable,
  entries: readonly ContractEntry[],
  at: Date,
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { unit, companyName } of entries) {
    if (unit === null || ids.has(unitKey(unit))) continue;
    const known = await findCompanyByUnit(trx, unit);
    const listed = known ? undefined : await findDirectoryRow(trx, unit);
    const name = listed?.name ?? storableText(companyName);
    if (!known && name === '') continue;
    const nameSource = listed ? ('directory' as const) : ('operator' as const);
    const company =
      known ?? (await ensureCompany(trx, unit, { name, nameSource, ogrn: listed?.ogrn ?? null }, at));
    ids.set(unitKey(unit), company.id);
  }
  return ids;
}
