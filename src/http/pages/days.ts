/** Days as people write them, by Moscow time: most of those who read them live by it. */
import type { Locale } from '../context';

export function dayOf(at: Date, locale: Locale): string {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'Europe/Moscow' }).format(at);
  // «21 ноября 2026 г.» would end a sentence with two full stops.
  return day.replace(/\sг\.$/, '');
}

/** The same with hours and minutes. */
export function timeOf(at: Date, locale: Locale): string {
  const format = new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
    timeZone: 'Europe/Moscow',
  });
  return format.format(at).replace(/\sг\./, '');
}
