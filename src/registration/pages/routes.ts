import type Router from 'koa-router';
import { Refusal } from '../../errors';
import type { Context } from '../../http/context';
import type { RegistrationParts } from '../parts';
import { challengeLinks, wizardBinding, WIZARD_PURPOSE } from './wizard-pages';

/** What the wizard's pages load: the captcha's picture and voice. */
export function addPageFiles(router: Router, parts: RegistrationParts): void {
  const { captcha, forms } = parts;

  router.get('/register/captcha/:file', (async (ctx: Context & { params: { file: string } }) => {
    const [, id = '', kind] = /^([\w-]+)\.(png|wav)$/.exec(ctx.params.file) ?? [];
    const bound = wizardBinding(parts, ctx);
    const body =
      kind === 'wav' ? await captcha.audio(id, bound, ctx.state.locale) : await captcha.picture(id, bound);
    if (!body) throw new Refusal('not_found');
    ctx.type = kind === 'wav' ? 'audio/wav' : 'image/png';
    ctx.set('Cache-Control', 'no-store');
    ctx.body = body;
  }) as unknown as Router.IMiddleware);

  router.post('/register/captcha', (async (ctx: Context) => {
    forms.read(ctx, WIZARD_PURPOSE);
    const links = challengeLinks(await captcha.issue(wizardBinding(parts, ctx)));
    if (!links) throw new Refusal('not_found');
    ctx.set('Cache-Control', 'no-store');
    ctx.body = links;
  }) as Router.IMiddleware);
}
