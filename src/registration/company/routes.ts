import type Router from 'koa-router';
import { isClosed } from '../../companies/choose-company';
import { isPersonInn, readUnit } from '../../companies/identifiers';
import type { Context } from '../../http/context';
import { WIZARD_PURPOSE } from '../pages/wizard-pages';
import type { RegistrationParts } from '../parts';
import { isHuman } from '../registration';
import type { Visits } from '../visit';
import { lookUp, lookUpEarly, type CountedLookup } from './look-up';

/** What the page's script is told. `unknown`: nobody can say now, and the page stays as it is. */
export type CompanyAnswer =
  { found: true; name: string | null; closed: boolean } | { found: false } | { unknown: true };

/** The company while its numbers are typed: an answer for the page's script, in the browser that registers. */
export function addCompanyRoutes(router: Router, parts: RegistrationParts, visits: Visits): void {
  router.post('/register/company', (async (ctx: Context) => {
    const form = parts.forms.read(ctx, WIZARD_PURPOSE);
    const registration = await visits.known(ctx);
    const { unit } = readUnit({ inn: form.inn ?? '', kpp: form.kpp ?? '' });
    ctx.set('Cache-Control', 'no-store');
    if (!registration || !unit) {
      ctx.body = { unknown: true } satisfies CompanyAnswer;
      return;
    }
    const ask = isHuman(registration, parts.clock.now()) ? lookUp : lookUpEarly;
    const asker = { registration: registration.id, address: ctx.state.address };
    ctx.body = answer(unit.inn, await ask(parts, unit, asker));
  }) as Router.IMiddleware);
}

/** A sole proprietor's business is called by their own name, so that one is not shown to whoever types a number. */
function answer(inn: string, lookup: CountedLookup): CompanyAnswer {
  if (lookup.outcome === 'unavailable' || lookup.outcome === 'too_many') return { unknown: true };
  if (lookup.outcome === 'absent') return { found: false };
  const { name, status } = lookup.company;
  return { found: true, name: isPersonInn(inn) ? null : name, closed: isClosed(status) };
}
