/** What every request carries through the Koa floor. */
import type { ParameterizedContext, Middleware as KoaMiddleware } from 'koa';
import type { Logger } from '../log';

/** Languages of pages and messages; Russian is the source. */
export const LOCALES = ['ru', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** Links under every page. */
export interface FootLinks {
  helpUrl?: string;
  documentsUrl?: string;
  supportPhone?: string;
  supportEmail?: string;
  termsUrl?: string;
  privacyUrl?: string;
  /** The cabinet that the relying party replaced. */
  legacyUrl?: string;
}

/** The relying party a page belongs to: its name stands in the head of the page, its links in the foot. */
export interface Brand {
  clientId: string;
  name: string;
  hasLogo: boolean;
  /** They come before those of the settings. */
  links: FootLinks;
}

export interface RequestState {
  requestId: string;
  log: Logger;
  /** Who sent the request, as far as trusted proxies vouch for it. */
  address: string;
  locale: Locale;
  brand?: Brand;
}

export type Context = ParameterizedContext<RequestState>;
export type Middleware = KoaMiddleware<RequestState>;
