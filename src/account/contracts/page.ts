/** «Договоры»: those that stand in the person's account, and adding one with the code handed out in the office. */
import { addContract } from '../../contracts/add-contract';
import { normalContractNumber } from '../../contracts/contract';
import { listHeldContracts } from '../../contracts/store';
import type { Problems } from '../../errors';
import type { Context } from '../../http/context';
import type { Form } from '../../http/forms';
import { dayOf } from '../../http/pages/days';
import { limitGuesses } from '../guesses';
import { doneNote, formPurpose, goTo, type AccountPage, type AccountParts, type Visitor } from '../parts';

const PATH = '/account/contracts';

export const contractsPage: AccountPage = {
  path: PATH,
  name: 'contracts',
  add: (routes, parts) => {
    routes.get(PATH, (ctx, visitor) => show(parts, ctx, visitor));
    routes.post(PATH, (ctx, visitor) => add(parts, ctx, visitor));
  },
};

interface State {
  problems?: Problems;
  form?: Form;
  status?: number;
}

async function show(
  parts: AccountParts,
  ctx: Context,
  visitor: Visitor,
  { problems = {}, form = {}, status }: State = {},
): Promise<void> {
  const held = await listHeldContracts(parts.db, visitor.accountId);
  const { locale } = ctx.state;
  parts.render(ctx, {
    view: 'account/contracts',
    title: 'account.pages.contracts',
    problems,
    status,
    form: { id: 'contract', action: PATH },
    values: {
      person: visitor.name,
      done: doneNote(ctx, ['added']),
      typed: { number: form.number ?? '', activation_code: form.activation_code ?? '' },
      contracts: held.map(({ number, companyName, heldSince }) => ({
        number,
        company: companyName,
        since: heldSince && dayOf(heldSince, locale),
      })),
      formToken: parts.forms.token(ctx, formPurpose('contracts', visitor)),
    },
  });
}

const PROBLEMS: Readonly<Record<string, Problems>> = {
  wrong: { activation_code: 'contract_wrong' },
  standing: { number: 'contract_standing' },
  taken: { number: 'contract_taken' },
  ended: { number: 'contract_ended' },
  suspended: { activation_code: 'company_suspended' },
};

function typingProblems(form: Form): Problems {
  const number = (form.number ?? '').trim();
  return {
    ...(number === '' ? { number: 'contract_required' } : {}),
    ...(number !== '' && normalContractNumber(number) === undefined ? { number: 'contract_digits' } : {}),
    ...((form.activation_code ?? '').trim() === '' ? { activation_code: 'activation_code_required' } : {}),
  };
}

async function add(parts: AccountParts, ctx: Context, visitor: Visitor): Promise<void> {
  const form = parts.forms.read(ctx, formPurpose('contracts', visitor));
  if (parts.locale.choose(ctx, form.lang)) return show(parts, ctx, visitor, { form });
  const typed = typingProblems(form);
  if (Object.keys(typed).length > 0) return show(parts, ctx, visitor, { problems: typed, form });
  const guess = await limitGuesses(parts, ctx, visitor);
  if (guess.minutes !== undefined) {
    const problems = { activation_code: 'too_many_guesses' };
    return show(parts, ctx, visitor, { problems, form, status: 429 });
  }
  const { accountId } = visitor;
  const asked = { accountId, number: form.number ?? '', code: form.activation_code ?? '' };
  const result = await addContract(parts, asked, `account:${accountId}`);
  if (result !== 'wrong') await guess.release();
  if (result === 'done') return goTo(ctx, PATH, 'added');
  return show(parts, ctx, visitor, { problems: PROBLEMS[result], form });
}
