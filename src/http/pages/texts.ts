/** What people read, by language. Russian is the source; a key missing in English is a fault that a test finds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next, { type TFunction } from 'i18next';
import { LOCALES, type Context, type Locale, type Middleware } from '../context';
import { defineCookie } from '../cookies';

export type Translate = TFunction;

export interface Texts {
  translate(locale: Locale): Translate;
}

/** Loads views/texts/*.json. @param words of the settings, which any sentence may name */
export function loadTexts(viewsDir: string, words: Readonly<Record<string, string>> = {}): Texts {
  const instance = i18next.createInstance();
  const read = (locale: Locale): unknown =>
    JSON.parse(readFileSync(join(viewsDir, 'texts', `${locale}.json`), 'utf8'));
  void instance.init({
    initAsync: false,
    fallbackLng: 'ru',
    resources: Object.fromEntries(LOCALES.map((locale) => [locale, { translation: read(locale) }])) as Record<
      string,
      Record<string, object>
    >,
    // Views escape; a second escape would show entities to people.
    interpolation: { escapeValue: false, defaultVariables: words },
    returnNull: false,
  });
  const fixed = Object.fromEntries(LOCALES.map((locale) => [locale, instance.getFixedT(locale)]));
  return { translate: (locale) => fixed[locale] as Translate };
}

export function isLocale(value: unknown): value is Locale {
  return LOCALES.some((locale) => locale === value);
}

/** The first known language of a list such as ui_locales ("en-GB ru") or Accept-Language ("en-GB,ru;q=0.5"). */
export function firstLocale(list: string | undefined): Locale | undefined {
  return (list ?? '')
    .slice(0, 200)
    .split(/[\s,]+/)
    .map((tag) => tag.split(/[-;]/)[0]?.toLowerCase())
    .find(isLocale);
}

const YEAR = 365 * 24 * 3600;

/**
 * The language of a request: what the person chose, else what the browser prefers, else Russian. `?lang=` and the
 * form button `lang` choose and are remembered; a relying party's ui_locales stands between the two.
 */
export function localeFor(issuer: string): Middleware & {
  choose(ctx: Context, wanted: unknown): boolean;
  suggest(ctx: Context, uiLocales: string | undefined): void;
} {
  const cookie = defineCookie(issuer, 'language');
  const choose = (ctx: Context, wanted: unknown): boolean => {
    if (!isLocale(wanted)) return false;
    ctx.state.locale = wanted;
    cookie.write(ctx, wanted, YEAR);
    return true;
  };
  const middleware: Middleware = async (ctx, next) => {
    const chosen = cookie.read(ctx);
    ctx.state.locale = isLocale(chosen) ? chosen : (firstLocale(ctx.get('accept-language')) ?? 'ru');
    if (ctx.method === 'GET') choose(ctx, ctx.query.lang);
    await next();
  };
  return Object.assign(middleware, {
    choose,
    suggest: (ctx: Context, uiLocales: string | undefined) => {
      if (!isLocale(cookie.read(ctx)) && !isLocale(ctx.query.lang)) {
        ctx.state.locale = firstLocale(uiLocales) ?? ctx.state.locale;
      }
    },
  });
}
