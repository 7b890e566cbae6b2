/** Times for people: in the operator's zone, with the distance from now. JSON keeps ISO UTC instead. */

const UNITS: readonly [seconds: number, name: string][] = [
  [365 * 24 * 3600, 'y'],
  [24 * 3600, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [0, 's'],
];

/** `3 h`, `12 d`: the largest whole unit. */
function distance(seconds: number): string {
  const whole = Math.floor(seconds);
  const [size, name] = UNITS.find(([least]) => whole >= least) ?? [0, 's'];
  return `${Math.floor(whole / Math.max(size, 1))} ${name}`;
}

/** `3 h` for the past, `in 3 h` for the future. */
export function age(time: Date, now: Date): string {
  const seconds = (now.getTime() - time.getTime()) / 1000;
  return seconds >= 0 ? distance(seconds) : `in ${distance(-seconds)}`;
}

/** `2026-11-22 09:31` in `timeZone`. */
export function localTime(time: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return format.format(time);
}

/** The zone's name at that moment, such as `GMT+3`. */
function zoneAt(time: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'short' });
  return format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone;
}

/** For a cell under a heading that names the zone: `2026-11-22 09:31 (3 h)`. */
export function cellTime(time: Date | null, now: Date, timeZone: string): string {
  return time ? `${localTime(time, timeZone)} (${age(time, now)})` : '–';
}

/** For a line of its own: `2026-11-22 09:31 GMT+3 (3 h ago)`. */
export function fullTime(time: Date, now: Date, timeZone: string): string {
  const distance = age(time, now);
  const zone = zoneAt(time, timeZone);
  return `${localTime(time, timeZone)} ${zone} (${time > now ? distance : `${distance} ago`})`;
}
