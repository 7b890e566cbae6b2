/** The time, handed to whoever needs it, so that a test can move it. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/** `date` moved by `seconds`. */
export function addSeconds(date: Date, seconds: number): Date {
  return new Date(date.getTime() + seconds * 1000);
}

/** A day as people write it, by Moscow time: most of those who read it live by it. */
export function dayInMoscow(at: Date, locale: 'ru' | 'en'): string {
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'Europe/Moscow' }).format(at);
  // «21 ноября 2026 г.» would end a sentence with two full stops.
  return day.replace(/\sг\.$/, '');
}
