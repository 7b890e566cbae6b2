/** Pairs of tries, one with a name that has an account and one without, taken one after the other and compared. */
import type { Agent, Answer } from '../support/agent';
import { formatPhone } from '../../src/accounts/phone-number';
import type { Kind, Names, Place } from './place';

/** The request that is measured, and the browser that sends it. */
export interface Try {
  browser: Agent;
  send(): Promise<Answer>;
}

/** One way to ask the product about a name. */
export interface Way {
  name: string;
  /** Everything before the request, for both names of a pair. */
  prepare(place: Place): (names: Names) => Promise<Try>;
  /** Seconds of the product's time that must pass before the request. */
  pause?: number;
}

/** Milliseconds; `differing` is what was not the same once the typed names were masked. */
export interface Samples extends Record<Kind, number[]> {
  differing: string[];
}

export const noSamples = (): Samples => ({ known: [], unknown: [], differing: [] });

/** Adds a pair. Which of the two goes first changes from pair to pair. */
export async function takePair(place: Place, way: Way, samples: Samples): Promise<void> {
  const turn = samples.known.length;
  const pair = place.nextNumber();
  const prepare = way.prepare(place);
  const order: Kind[] = turn % 2 === 0 ? ['unknown', 'known'] : ['known', 'unknown'];
  const ready: Partial<Record<Kind, { names: Names; tried: Try }>> = {};
  for (const kind of order) {
    const names = await place.newNames(kind, pair);
    ready[kind] = { names, tried: await prepare(names) };
  }
  if (way.pause !== undefined) place.wait(way.pause);
  const seen: Partial<Record<Kind, string>> = {};
  for (const kind of order) {
    const one = ready[kind];
    if (!one) continue;
    const begun = performance.now();
    const answer = await one.tried.send();
    samples[kind].push(performance.now() - begun);
    seen[kind] = await look(place, one.tried.browser, answer, one.names);
  }
  if (seen.known !== seen.unknown) samples.differing.push(difference(seen.known ?? '', seen.unknown ?? ''));
}

/** The answer and the page it leads to, with everything masked that differs between any two browsers. */
async function look({ product }: Place, browser: Agent, answer: Answer, names: Names): Promise<string> {
  const pages = [answer];
  if (answer.location?.startsWith(`${product.issuer}/`))
    pages.push(await browser.get(answer.location.slice(product.issuer.length)));
  return pages.map((page) => masked(page, names)).join('\n');
}

const BETWEEN_BROWSERS: readonly [RegExp, string][] = [
  [/(name="(?:form_token|captcha_id)" value=")[^"]*/g, '$1'],
  [/captcha\/[\w-]+/g, 'captcha'],
  [/interaction\/[\w-]+/g, 'interaction'],
  [/Номер запроса: <code>[^<]*/g, ''],
];
const OF_THE_MOMENT = ['date', 'content-length', 'set-cookie', 'x-request-id', 'retry-after', 'location'];

function masked(answer: Answer, { email, phone, landline }: Names): string {
  const typed = [phone, landline].flatMap((number) => [formatPhone(number), number, number.slice(1)]);
  const text = [String(answer.status), answer.location ?? '', ...headersOf(answer), answer.body].join('\n');
  const unnamed = [email, ...typed].reduce((rest, name) => rest.replaceAll(plain(name), 'NAME'), plain(text));
  return BETWEEN_BROWSERS.reduce((rest, [pattern, mask]) => rest.replace(pattern, mask), unnamed);
}

/** With the blanks and hyphens of a keyboard: pages keep numbers from being broken. */
const plain = (text: string): string => text.replaceAll('\u00a0', ' ').replaceAll('\u2011', '-');

/** Of a cookie its name and what it is good for, not its value. */
function headersOf({ headers }: Answer): string[] {
  const cookies = [headers['set-cookie'] ?? []].flat();
  return [
    ...Object.entries(headers)
      .filter(([name]) => !OF_THE_MOMENT.includes(name))
      .map(([name, value]) => `${name}: ${String(value)}`),
    ...cookies.map((line) => line.replace(/=[^;]*/, '=').replace(/expires=[^;]*/, '')),
  ];
}

/** The first line that differs, as both say it. */
function difference(one: string, two: string): string {
  const [left, right] = [one.split('\n'), two.split('\n')];
  const line = left.findIndex((text, index) => text !== right[index]);
  return `${left[line]?.slice(0, 300) ?? '(nothing)'} ≠ ${right[line]?.slice(0, 300) ?? '(nothing)'}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? NaN;
}

/**
 * How much longer a known name takes, in milliseconds: the median over the pairs, since what else the machine does
 * weighs on both of a pair.
 */
export function lag({ known, unknown }: Samples): number {
  return median(known.map((time, index) => time - (unknown[index] ?? NaN)));
}

/** How likely chance alone may be to make a test say "apart" where nothing is. */
const CHANCE = 1e-6;

/**
 * Whether the typical lag lies beyond the bar for certain, however noisy the machine: the bounds are those pairs in the
 * order of their differences between which the true median lies but for a chance of one in a million (the sign test).
 * @param bar milliseconds
 */
export function surelyApart({ known, unknown }: Samples, bar: number): boolean {
  const differences = known.map((time, index) => time - (unknown[index] ?? NaN)).sort((a, b) => a - b);
  const place = outerPlace(differences.length);
  const [lowest, highest] = [differences[place] ?? 0, differences.at(-1 - place) ?? 0];
  return lowest > bar || highest < -bar;
}

/** The innermost place from which so few of that many fair coins show heads but for that chance. */
function outerPlace(count: number): number {
  let term = 0.5 ** count;
  let tail = term;
  let place = 0;
  while (2 * (tail + (term * (count - place)) / (place + 1)) <= CHANCE) {
    term = (term * (count - place)) / (place + 1);
    tail += term;
    place += 1;
  }
  return place;
}
