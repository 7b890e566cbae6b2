/** Relying parties from a file: the whole file is checked first, then it is stored in one transaction, or nothing is. */
import { z } from 'zod';
import { recordEvent } from '../audit/store';
import { clientFaults, clientInput, hasSecret, type Client, type ClientInput } from '../clients/client';
import { findClient, insertClient, updateClient } from '../clients/store';
import { fingerprint, randomToken } from '../secrets';
import type { Queryable } from '../storage/tables';
import { Failure, type AdminTools } from './admin';
import { metadataOf } from './client-options';

/** A secret is kept as its SHA-256, so it must be too long to guess (NIST SP 800-63B §5.1.1.2 speaks of 112 bits). */
const MIN_SECRET = 32;
const MAX_CLIENTS = 1000;

/** One entry of the file: `clientInput` and what stands beside it in the database. */
const extras = z.object({
  client_secret: z
    .string()
    .min(MIN_SECRET, `must have at least ${MIN_SECRET} characters, or be left out to have one made`)
    .max(200)
    .regex(/^[\x21-\x7e]*$/, 'must be of visible ASCII characters')
    .optional(),
  pkce_exempt: z.boolean().optional(),
});

export interface ImportEntry {
  input: ClientInput;
  secret: string | undefined;
  pkceExempt: boolean | undefined;
}

export interface Imported {
  id: string;
  action: 'create' | 'replace';
  /** A secret made by this import, to be shown once. */
  secret: string | undefined;
}

/** The entries of a file. @throws Failure naming the faults of every entry. */
export function readImport(text: string): ImportEntry[] {
  const list = parseJson(text);
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CLIENTS)
    throw new Failure('usage', `The file must hold a JSON array of 1 to ${MAX_CLIENTS} relying parties.`);
  const faults: string[] = [];
  const entries = list.flatMap((value: unknown, index): ImportEntry[] => {
    const found = readEntry(value);
    if (!Array.isArray(found)) return [found];
    faults.push(...found.map((fault) => `entry ${index + 1}: ${fault}`));
    return [];
  });
  const ids = entries.map(({ input }) => input.client_id);
  faults.push(
    ...ids.filter((id, index) => ids.indexOf(id) < index).map((id) => `the id ${id} stands more than once`),
  );
  if (faults.length > 0) throw new Failure('usage', `Nothing was imported: ${faults.join('; ')}.`);
  return entries;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure(
      'usage',
      'The file is not JSON; config/clients.example.json shows what it should hold.',
    );
  }
}

/** The entry, or its faults. */
function readEntry(value: unknown): ImportEntry | string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['is not an object'];
  const { client_secret, pkce_exempt, ...rest } = value as Record<string, unknown>;
  const beside = extras.safeParse({ client_secret, pkce_exempt });
  const result = clientInput.safeParse(rest);
  const faults = [beside, result].flatMap(({ error }) => (error ? clientFaults(error) : []));
  if (!beside.success || !result.success) return faults;
  const input = result.data;
  const secret = beside.data.client_secret;
  if (secret !== undefined && !hasSecret(input.token_endpoint_auth_method))
    return ['client_secret stands at a client without one'];
  if (beside.data.pkce_exempt && input.token_endpoint_auth_method === 'none')
    return ['pkce_exempt stands at a public client, which cannot do without PKCE'];
  return { input, secret, pkceExempt: beside.data.pkce_exempt };
}

/** What the import would do. @throws Failure when ids are taken and `replace` is not said. */
export async function planImport(
  db: Queryable,
  entries: readonly ImportEntry[],
  replace: boolean,
): Promise<{ entry: ImportEntry; standing: Client | undefined }[]> {
  const plan = [];
  for (const entry of entries) plan.push({ entry, standing: await findClient(db, entry.input.client_id) });
  const taken = plan.filter(({ standing }) => standing).map(({ entry }) => entry.input.client_id);
  if (taken.length > 0 && !replace) {
    const ids =
      taken.length > 5 ? `${taken.slice(0, 5).join(', ')} and ${taken.length - 5} more` : taken.join(', ');
    throw new Failure(
      'conflict',
      `Nothing was imported: ${ids} stand already; add --replace to overwrite them.`,
    );
  }
  return plan;
}

/** Stores every entry in one transaction with its audit rows. @throws Failure as `planImport` */
export async function importClients(
  { db, clock }: AdminTools,
  entries: readonly ImportEntry[],
  options: { replace: boolean; actor: string },
): Promise<Imported[]> {
  const at = clock.now();
  return db.transaction().execute(async (trx) => {
    const done: Imported[] = [];
    for (const { entry, standing } of await planImport(trx, entries, options.replace)) {
      done.push(await storeEntry(trx, entry, standing, { actor: options.actor, at }));
    }
    return done;
  });
}

async function storeEntry(
  trx: Queryable,
  entry: ImportEntry,
  standing: Client | undefined,
  { actor, at }: { actor: string; at: Date },
): Promise<Imported> {
  const { input } = entry;
  const id = input.client_id;
  const confidential = hasSecret(input.token_endpoint_auth_method);
  // A relying party that stands keeps its secret unless the file brings one.
  const made = confidential && !entry.secret && !standing?.secretHash ? randomToken() : undefined;
  const given = entry.secret ?? made;
  const kept = standing?.secretHash ?? null;
  const secretHash = given !== undefined ? fingerprint(given) : confidential ? kept : null;
  const pkceExempt = entry.pkceExempt ?? standing?.pkceExempt ?? false;
  if (standing) {
    const change = { name: input.client_name, metadata: metadataOf(input), secretHash, pkceExempt };
    await updateClient(trx, id, change, at);
  } else if (!(await insertClient(trx, { input, secretHash, pkceExempt }, at))) {
    throw new Failure('conflict', `Nothing was imported: ${id} was registered meanwhile; try again.`);
  }
  const action = standing ? 'replace' : 'create';
  const subject = `client:${id}`;
  await recordEvent(trx, { event: 'client_imported', actor, subject, details: { action } }, at);
  if (pkceExempt && !standing?.pkceExempt)
    await recordEvent(trx, { event: 'client_pkce_exempted', actor, subject }, at);
  return { id, action, secret: made };
}
