/**
 * Attack class C: no page and no pause tells whether a name has an account. A short form of `npm run check:enumeration`:
 * the same ways beside the same slow post, with fewer pairs, which fails only where the bar is missed for certain.
 */
import { createPasswordHasher } from '../../src/accounts/passwords';
import { openPlace, type Place } from '../enumeration/place';
import { noSamples, surelyApart, takePair } from '../enumeration/sampling';
import { WAYS } from '../enumeration/ways';

const BAR_MS = 5;
const PAIRS = 40;

let place: Place;
beforeAll(async () => {
  // Costly enough that a hash which is left out would be seen at once.
  place = await openPlace('postgres', createPasswordHasher({ memoryKib: 8192, passes: 2, workers: 1 }));
}, 180_000);
afterAll(() => place.close());

it.each(WAYS.map((way) => [way.name, way] as const))(
  '%s',
  async (_name, way) => {
    await takePair(place, way, noSamples());
    const samples = noSamples();
    for (let turn = 0; turn < PAIRS; turn += 1) await takePair(place, way, samples);
    expect(samples.differing).toEqual([]);
    expect(surelyApart(samples, BAR_MS)).toBe(false);
  },
  300_000,
);

it('a way that waits for the mail server would be found out', () => {
  const noise = Array.from({ length: PAIRS }, (_, turn) => 20 + (turn % 9) * 4);
  const late = noise.map((time, turn) => time + 100 + (turn % 5));
  expect(surelyApart({ known: late, unknown: noise, differing: [] }, BAR_MS)).toBe(true);
  expect(surelyApart({ known: noise, unknown: late, differing: [] }, BAR_MS)).toBe(true);
  expect(surelyApart({ known: noise, unknown: noise.toReversed(), differing: [] }, BAR_MS)).toBe(false);
});
