/** What every request carries through the Koa floor. */
import type { ParameterizedContext, Middleware as KoaMiddleware } from 'koa';
import type { Logger } from '../log';

/** Languages of pages and messages; Russian is the source. */
export const LOCALES = ['ru', 'en'] as const;
export type Locale = (typeof LOCALES)[number];

/** The relying party a page belongs to: its name stands in the head of the page. */
export interface Brand {
  clientId: string;
  name: string;
  hasLogo: boolean;
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
