/** Pages: EJS templates compiled once, inside one layout, in the person's language. Never cached by anyone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile, type TemplateFunction } from 'ejs';
import type { Problems } from '../../errors';
import type { Assets } from './assets';
import { inLanguage, pageAddress } from './address';
import { LOCALES, type Context, type FootLinks, type Locale } from '../context';
import type { Texts, Translate } from './texts';

export interface Page {
  /** Path of the view under views/, without .ejs. */
  view: string;
  /** Key of the page's title in views/texts. */
  title: string;
  titleValues?: Record<string, string>;
  status?: number;
  problems?: Problems;
  /** The page's form, so that the language switch can send it along and nothing typed is lost. */
  form?: { id: string; action: string };
  values?: Record<string, unknown>;
}

/** A phone number as it stands in a sentence. */
const PHONE = /^\+\d[\d\s()-]+$/;

/** Sentences in which no phone number is broken at the end of a line. */
function unbroken(t: Translate): (key: string, values?: Record<string, unknown>) => string {
  const whole = (value: unknown): unknown =>
    typeof value === 'string' && PHONE.test(value)
      ? value.replaceAll(' ', '\u00A0').replaceAll('-', '\u2011')
      : value;
  return (key, values = {}) =>
    t(key, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, whole(value)])));
}

export interface Render {
  (ctx: Context, page: Page): void;
}

export function createRender(parts: {
  viewsDir: string;
  texts: Texts;
  assets: Assets;
  /** From the settings; a relying party's own come before them. */
  foot: FootLinks;
}): Render {
  const { helpUrl, documentsUrl, supportPhone, supportEmail } = parts.foot;
  const foot: FootLinks = { helpUrl, documentsUrl, supportPhone, supportEmail };
  const compiled = new Map<string, TemplateFunction>();
  const template = (view: string): TemplateFunction => {
    const known = compiled.get(view);
    if (known) return known;
    const filename = join(parts.viewsDir, `${view}.ejs`);
    const made = compile(readFileSync(filename, 'utf8'), { filename, cache: true });
    compiled.set(view, made);
    return made;
  };

  return (ctx, page) => {
    const t = unbroken(parts.texts.translate(ctx.state.locale));
    const locals = {
      ...page.values,
      t,
      locale: ctx.state.locale,
      otherLocales: LOCALES.filter((locale) => locale !== ctx.state.locale),
      asset: parts.assets.path,
      brand: ctx.state.brand,
      foot: { ...foot, ...ctx.state.brand?.links },
      requestId: ctx.state.requestId,
      inLanguage: (locale: Locale) => inLanguage(pageAddress(ctx), locale),
      title: t(page.title, page.titleValues ?? {}),
      problems: page.problems ?? {},
      form: page.form,
    };
    // One name holds everything, so nothing a person sends can reach an option of EJS (CVE-2022-29078).
    const body = template(page.view)({ page: locals });
    ctx.status = page.status ?? (Object.keys(locals.problems).length > 0 ? 422 : 200);
    ctx.type = 'text/html; charset=utf-8';
    ctx.set('Cache-Control', 'no-store');
    ctx.body = template('layout')({ page: { ...locals, body } });
  };
}
