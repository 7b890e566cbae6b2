/** Where the page that a person looks at can be asked for again. */
import type { Context, Locale } from '../context';

/** Pages whose forms are sent elsewhere than to the page's own address. */
const FORM_PAGES =
  /^\/(interaction\/[\w-]+(?:\/waiting\/power-of-attorney)?|(?:register|account)\/power-of-attorney(?:\/\d+)?|set-password|prove-email|recovery|device|session\/end|account(?:\/[\w-]+)*|approvals(?:\/[\w-]+){0,2})(?=\/|$)/;

/** Path and query under which GET shows this page, or the page that the posted form stands on. */
export function pageAddress(ctx: Context): string {
  // A path of //host or /\host would make the page's links lead to that host.
  const path = ctx.path.replace(/^[/\\]+/, '/');
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return path + ctx.search;
  return FORM_PAGES.exec(path)?.[0] ?? '/';
}

/** The same address, asking for another language. */
export function inLanguage(address: string, locale: Locale): string {
  const [path = '/', query] = address.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('lang', locale);
  return `${path}?${parameters.toString()}`;
}
