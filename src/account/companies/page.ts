import type { Context } from '../../http/context';
import { type AccountPage, type AccountParts, type Visitor } from '../parts';
import { postAdd, postJoin, showAdd } from './add';
import { CODE_PATHS, codePageOf, showCodePage } from './code-page';
import { postLeave, postLeaveCode, showLeave } from './leave';
import { chooseOne, COMPANIES_PATH, showList } from './list';

type At = (parts: AccountParts, ctx: Context, visitor: Visitor, part: string) => Promise<void>;

const parameter = (ctx: Context, name: string): string =>
  (ctx as Context & { params: Record<string, string> }).params[name] ?? '';

/** `/account/companies`: the person's companies, adding and removing them, and the one they act for. */
export const companiesPage: AccountPage = {
  path: COMPANIES_PATH,
  name: 'companies',
  add: (routes, parts) => {
    const at = (name: string, act: At) => (ctx: Context, visitor: Visitor) =>
      act(parts, ctx, visitor, parameter(ctx, name));
    routes.get(COMPANIES_PATH, (ctx, visitor) => showList(parts, ctx, visitor));
    routes.post(COMPANIES_PATH, (ctx, visitor) => chooseOne(parts, ctx, visitor));
    routes.get(`${COMPANIES_PATH}/add`, (ctx, visitor) => showAdd(parts, ctx, visitor));
    routes.post(`${COMPANIES_PATH}/add`, (ctx, visitor) => postAdd(parts, ctx, visitor));
    for (const purpose of ['join_company', 'leave_company'] as const) {
      const path = `${CODE_PATHS[purpose]}/:id`;
      routes.get(
        path,
        at('id', async (_parts, ctx, visitor, id) =>
          showCodePage(parts, ctx, visitor, await codePageOf(parts, visitor, purpose, id)),
        ),
      );
      routes.post(path, at('id', purpose === 'join_company' ? postJoin : postLeaveCode));
    }
    routes.get(`${COMPANIES_PATH}/:number/remove`, at('number', showLeave));
    routes.post(`${COMPANIES_PATH}/:number/remove`, at('number', postLeave));
  },
};
