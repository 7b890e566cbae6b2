/**
 * Makes digits-ru.ts and digits-en.ts, run by hand when the voice is to change; never at install or start:
 *
 *     apt-get install espeak-ng
 *     npx ts-node -T src/captcha/speech/make-digits.ts
 *
 * The recordings are modules and not files beside them, so that compiled code finds them without a copy step.
 * What espeak-ng speaks is not covered by its own licence and is free to use.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toMuLaw } from './mu-law';
import { SAMPLE_RATE } from './wav';

const LANGUAGES = {
  en: { voice: 'en-us', words: 'zero one two three four five six seven eight nine' },
  ru: { voice: 'ru', words: 'ноль один два три четыре пять шесть семь восемь девять' },
};

/** Quieter than this, of 1, is silence. */
const SILENCE = 0.01;

for (const [language, { voice, words }] of Object.entries(LANGUAGES)) {
  const recordings = words.split(' ').map((word) => record(voice, word));
  writeFileSync(join(__dirname, `digits-${language}.ts`), moduleText(language, voice, recordings));
}

function record(voice: string, word: string): string {
  const wav = execFileSync('espeak-ng', ['-v', voice, '-s', '135', '-g', '0', '--stdout', word]);
  const spoken = normalise(trim(toRate(readPcm(wav), wav.readUInt32LE(24))));
  return Buffer.from(Uint8Array.from(spoken, toMuLaw)).toString('base64');
}

/** The samples of espeak-ng's WAV: 16 bits, mono, data from byte 44 to the end. */
function readPcm(wav: Buffer): Float32Array {
  return Float32Array.from(
    { length: (wav.length - 44) >> 1 },
    (_, at) => wav.readInt16LE(44 + at * 2) / 32768,
  );
}

/** To `SAMPLE_RATE` by a windowed sinc, which keeps what is above half the rate from folding back as whistle. */
function toRate(samples: Float32Array, rate: number): Float32Array {
  const step = rate / SAMPLE_RATE;
  const reach = Math.ceil(12 * step);
  return Float32Array.from({ length: Math.floor(samples.length / step) }, (_, index) => {
    const place = index * step;
    let sum = 0;
    let weights = 0;
    for (let at = Math.ceil(place - reach); at <= place + reach; at++) {
      const weight = lowPass((at - place) / step, 12);
      sum += weight * (samples[at] ?? 0);
      weights += weight;
    }
    return sum / weights;
  });
}

function lowPass(x: number, reach: number): number {
  if (x === 0) return 1;
  const phase = Math.PI * x * 0.95;
  return (Math.sin(phase) / phase) * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
}

/** Without the silence around it, but for a few milliseconds that soften the cut. */
function trim(samples: Float32Array): Float32Array {
  const first = samples.findIndex((sample) => Math.abs(sample) > SILENCE);
  const last = samples.findLastIndex((sample) => Math.abs(sample) > SILENCE);
  const margin = 0.012 * SAMPLE_RATE;
  return samples.slice(Math.max(0, first - margin), last + margin);
}

function normalise(samples: Float32Array): Float32Array {
  const peak = samples.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
  return samples.map((sample) => (0.95 * sample) / peak);
}

function moduleText(language: string, voice: string, recordings: readonly string[]): string {
  return [
    `/** Made by make-digits.ts with the ${voice} voice of espeak-ng: 0 to 9, µ-law, ${SAMPLE_RATE} Hz, base64. Not edited by hand. */`,
    `export const DIGITS_${language.toUpperCase()}: readonly string[] = [`,
    ...recordings.map((recording) => `  '${recording}',`),
    '];',
    '',
  ].join('\n');
}
