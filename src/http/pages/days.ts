/** Days as people write them, by Moscow time: most of those who read them live by it. */
import type { Locale } from '../context';

export function dayOf(at: Date, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'Europe/Moscow' }).format(at);
}
