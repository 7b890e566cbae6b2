/** Days as people write them, by Moscow time: most of those who read them live by it. */
import { dayInMoscow } from '../../clock';
import type { Locale } from '../context';

/** As in mails. */
export const dayOf: (at: Date, locale: Locale) => string = dayInMoscow;

/** The same with hours and minutes. */
export function timeOf(at: Date, locale: Locale): string {
  const format = new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
    timeZone: 'Europe/Moscow',
  });
  return format.format(at).replace(/\sг\./, '');
}
