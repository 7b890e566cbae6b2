/** «Для кого»: the first page where several paths are offered. */
import type { Context } from '../../http/context';
import { UNCHOSEN } from '../registration';
import { updateRegistration } from '../store';
import { goTo, onward, SCRIPT, turnOf, WIZARD_PURPOSE, type Turn, type Wizard } from './wizard-pages';

export const CHOOSER_PATH = '/register/path';

/** True while nobody has said by which path this registration goes. */
export const isUnchosen = ({ registration }: Turn): boolean =>
  registration.path === UNCHOSEN && registration.accountId === null;

export async function showChooser(
  { parts, visits }: Wizard,
  { ctx, registration }: Turn,
  problem?: string,
): Promise<void> {
  const interaction = visits.interaction(ctx);
  parts.render(ctx, {
    view: 'registration/chooser',
    title: 'register.chooser.title',
    problems: problem === undefined ? {} : { path: problem },
    form: { id: 'register', action: CHOOSER_PATH },
    values: {
      names: await visits.offered(registration),
      chosen: registration.path,
      scripts: [SCRIPT],
      formToken: parts.forms.token(ctx, WIZARD_PURPOSE),
      cancel: interaction === undefined ? '/register/cancel' : `/interaction/${interaction}/register/cancel`,
    },
  });
}

/** Another path asks other things: what was told on the way so far is forgotten. */
const ANEW = { answers: null, draft: null, passwordHash: null, submittedAt: null };

export async function postChooser(wizard: Wizard, ctx: Context): Promise<void> {
  const { parts, visits } = wizard;
  const form = parts.forms.read(ctx, WIZARD_PURPOSE);
  const turn = await turnOf(wizard, ctx);
  const { registration } = turn;
  const offered = await visits.offered(registration);
  if (registration.accountId !== null || offered.length < 2) return onward(ctx);
  if (parts.locale.choose(ctx, form.lang)) return showChooser(wizard, turn);
  const path = offered.find((name) => name === form.path);
  if (path === undefined) return showChooser(wizard, turn, 'path_required');
  if (path !== registration.path) await updateRegistration(parts.db, registration, { ...ANEW, path });
  goTo(ctx, '/register');
}
