import { ANSWER_LENGTH, normaliseAnswer } from '../../src/captcha/captcha';
import { randomAnswer } from '../../src/captcha/digit-captcha';

describe('a typed answer', () => {
  it.each([
    ['04815', '04815'],
    ['  048 15 ', '04815'],
    ['0-4-8-1-5', '04815'],
    ['0–4.8,1_5', '04815'],
    ['０４８１５', '04815'],
    ['04\u200b815\u00a0', '04815'],
    ['О4815', '04815'],
    ['o4815', '04815'],
    ['З3зз3', '33333'],
    ['Ч4ч44', '44444'],
    ['бБ666', '66666'],
    ['BВ888', '88888'],
    ['lI|11', '11111'],
    ['sS555', '55555'],
    ['zZ222', '22222'],
  ])('%j is understood as %s', (typed, meant) => {
    expect(normaliseAnswer(typed)).toBe(meant);
  });

  it.each(['', '     ', '0481', '048159', 'abcde', '٠٤٨١٥', '0481?', '0'.repeat(65), ' '.repeat(100_000)])(
    '%j is no answer',
    (typed) => {
      expect(normaliseAnswer(typed)).toBeUndefined();
    },
  );
});

describe('a chosen answer', () => {
  const answers = Array.from({ length: 1000 }, randomAnswer);

  it('is always five digits', () => {
    expect(answers.filter((answer) => !/^[0-9]{5}$/.test(answer))).toEqual([]);
  });

  it('has every digit equally often in every place', () => {
    for (let place = 0; place < ANSWER_LENGTH; place++) {
      const digits = answers.map((answer) => Number(answer[place]));
      // 9 degrees of freedom; a sound generator goes beyond this once in a million runs.
      expect(chiSquare(digits, 10)).toBeLessThan(46);
    }
  });
});

function chiSquare(values: readonly number[], kinds: number): number {
  const expected = values.length / kinds;
  const counts = Array.from({ length: kinds }, (_, kind) => values.filter((value) => value === kind).length);
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}
