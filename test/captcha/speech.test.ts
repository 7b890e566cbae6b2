import type { CaptchaLanguage } from '../../src/captcha/captcha';
import { fromMuLaw, toMuLaw } from '../../src/captcha/speech/mu-law';
import { speakAnswer } from '../../src/captcha/speech/speak';

const seed = (mark: number): Buffer => Buffer.alloc(32, mark);
const languages: CaptchaLanguage[] = ['ru', 'en'];

describe.each(languages)('the spoken digits (%s)', (language) => {
  const wav = speakAnswer('04815', seed(1), language);

  it('are a mono WAV of 16 bits at 8 kHz and nothing else', () => {
    expect(wav.toString('latin1', 0, 4)).toBe('RIFF');
    expect(wav.readUInt32LE(4)).toBe(wav.length - 8);
    expect(wav.toString('latin1', 8, 16)).toBe('WAVEfmt ');
    const format = [wav.readUInt32LE(16), wav.readUInt16LE(20), wav.readUInt16LE(22), wav.readUInt32LE(24)];
    expect(format).toEqual([16, 1, 1, 8000]);
    expect([wav.readUInt32LE(28), wav.readUInt16LE(32), wav.readUInt16LE(34)]).toEqual([16000, 2, 16]);
    expect(wav.toString('latin1', 36, 40)).toBe('data');
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
  });

  it('take five to ten seconds, of varying length', () => {
    const seconds = Array.from({ length: 10 }, (_, mark) => {
      return (speakAnswer('04815', seed(mark), language).length - 44) / 16000;
    });
    expect(Math.min(...seconds)).toBeGreaterThan(5);
    expect(Math.max(...seconds)).toBeLessThan(10);
    expect(new Set(seconds).size).toBeGreaterThan(7);
  });

  it('are five loud stretches over a murmur', () => {
    const windows = loudness(wav, 160);
    const loud = Math.max(...windows);
    const murmur = windows.slice(0, 40).reduce((sum, level) => sum + level, 0) / 40;
    expect(murmur).toBeGreaterThan(0);
    expect(loud / murmur).toBeGreaterThan(4);
  });

  it('are the same for the same seed, and others for another seed or answer', () => {
    expect(speakAnswer('04815', seed(1), language).equals(wav)).toBe(true);
    expect(speakAnswer('04815', seed(2), language).equals(wav)).toBe(false);
    expect(speakAnswer('04816', seed(1), language).equals(wav)).toBe(false);
  });

  it('are never cut off for loudness', () => {
    for (let mark = 0; mark < 10; mark++) {
      const spoken = speakAnswer(String(13579 * (mark % 7)).padStart(5, '0'), seed(mark), language);
      expect(peak(spoken)).toBeLessThan(32767);
    }
  });
});

it('speaks each language differently', () => {
  expect(speakAnswer('04815', seed(1), 'ru').equals(speakAnswer('04815', seed(1), 'en'))).toBe(false);
});

it('keeps recorded samples to within four parts in a hundred', () => {
  for (let sample = -1; sample <= 1; sample += 0.001) {
    const kept = fromMuLaw(toMuLaw(sample));
    expect(Math.abs(kept - sample)).toBeLessThan(0.001 + Math.abs(sample) / 25);
  }
});

function samplesOf(wav: Buffer): Int16Array {
  return new Int16Array(Uint8Array.from(wav.subarray(44)).buffer);
}

function peak(wav: Buffer): number {
  return samplesOf(wav).reduce(
    (highest, sample) => (Math.abs(sample) > highest ? Math.abs(sample) : highest),
    0,
  );
}

/** Root mean square of each stretch of `size` samples. */
function loudness(wav: Buffer, size: number): number[] {
  const samples = samplesOf(wav);
  return Array.from({ length: Math.floor(samples.length / size) }, (_, window) => {
    const stretch = samples.slice(window * size, (window + 1) * size);
    return Math.sqrt(stretch.reduce((sum, sample) => sum + sample * sample, 0) / size);
  });
}
