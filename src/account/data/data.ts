/** «Мои данные»: everything kept about the person, to read and to download. */
import { readForDownload } from '../../attorney/read-power-file';
import { recordEvent } from '../../audit/store';
import { Refusal } from '../../errors';
import type { Context, Locale } from '../../http/context';
import { sendAttachment, sendStored } from '../../http/files/downloads';
import { timeOf } from '../../http/pages/days';
import { formPurpose, type AccountPage, type AccountParts, type Visitor } from '../parts';
import { byThemselves } from '../person';
import { listPapers } from '../store';
import { collectPersonData, type PersonData } from './person-data';

const PATH = '/account/data';
const PAPERS = `${PATH}/papers`;
const fresh = { fresh: true };

export const dataPage: AccountPage = {
  path: PATH,
  name: 'data',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor), fresh);
    routes.post(PATH, (ctx, visitor) => download(parts, ctx, visitor), fresh);
    routes.get(`${PAPERS}/:id`, (ctx, visitor) => givePaper(parts, ctx, visitor), fresh);
  },
};

async function dataOf({ db, clock, issuer }: AccountParts, { accountId }: Visitor): Promise<PersonData> {
  const address = (id: string): string => `${issuer}${PAPERS}/${id}`;
  const data = await collectPersonData(db, accountId, clock.now(), address);
  if (!data) throw new Refusal('not_found');
  return data;
}

async function show(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const data = await dataOf(parts, visitor);
  const { locale } = ctx.state;
  parts.render(ctx, {
    view: 'account/data',
    title: 'account.pages.data',
    values: {
      person: visitor.name,
      formToken: parts.forms.token(ctx, formPurpose('data', visitor)),
      parts: Object.entries(data).map(([name, rows]) => ({ name, rows: rows.map((row) => lines(row, locale)) })),
    },
  });
}

/** Field and value as text; what is empty is left out. */
function lines(row: PersonData['profile'][number], locale: Locale): [string, string | boolean][] {
  return Object.entries(row).flatMap(([name, value]): [string, string | boolean][] => {
    if (value === null || value === '') return [];
    if (typeof value === 'boolean') return [[name, value]];
    if (value instanceof Date) return [[name, timeOf(value, locale)]];
    return [[name, typeof value === 'object' ? value.join(', ') : String(value)]];
  });
}

async function download(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  parts.forms.read(ctx, formPurpose('data', visitor));
  const data = await dataOf(parts, visitor);
  const at = parts.clock.now();
  await recordEvent(parts.db, { event: 'data_exported', ...byThemselves(ctx, visitor) }, at);
  const bytes = Buffer.from(`${JSON.stringify({ issuer: parts.issuer, exported_at: at, ...data }, null, 2)}\n`);
  const name = `port-one-id-${at.toISOString().slice(0, 10)}.json`;
  sendAttachment(ctx, { name, mediaType: 'application/json', bytes });
}

/** A file that the person has attached, also where its application has ended. @throws Refusal not_found for anybody else's */
async function givePaper(parts: AccountParts, ctx: Context, { accountId }: Visitor): Promise<void> {
  const { id = '' } = (ctx as Context & { params: Record<string, string> }).params;
  const paper = (await listPapers(parts.db, accountId)).find((one) => one.id === id);
  if (!paper) throw new Refusal('not_found');
  const owner = { membershipId: paper.membershipId };
  await sendStored(ctx, () => readForDownload(parts, id, owner, { replaced: true }));
}
