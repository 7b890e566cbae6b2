/**
 * The spoken twin of the picture, for people who cannot see it: each digit at its own tempo and pitch, with
 * uneven pauses, over a murmur of the same voice played backwards.
 */
import type { CaptchaLanguage } from '../captcha';
import { seededRandom, type SeededRandom } from '../seeded-random';
import { DIGITS_EN } from './digits-en';
import { DIGITS_RU } from './digits-ru';
import { fromMuLaw } from './mu-law';
import { encodeWav, SAMPLE_RATE } from './wav';

// Names of the module and not of the global object: they stand in the loops over every sample.
const { ceil, floor, min, round } = Math;

const RECORDINGS: Record<CaptchaLanguage, readonly string[]> = { en: DIGITS_EN, ru: DIGITS_RU };

/** Decoded when somebody first listens: most nodes never speak both languages, and samples take much memory. */
const decoded = new Map<CaptchaLanguage, readonly Float32Array[]>();

function voiceOf(language: CaptchaLanguage): readonly Float32Array[] {
  const voice = decoded.get(language) ?? RECORDINGS[language].map(decode);
  decoded.set(language, voice);
  return voice;
}

/** Seconds before the first digit, so that a screen reader has finished naming the button. */
const LEAD = 1;
const TAIL = 0.5;

/** The WAV that says `answer`. The same seed and language give the same bytes. */
export function speakAnswer(answer: string, seed: Buffer, language: CaptchaLanguage): Buffer {
  const random = seededRandom(seed, `speech:${language}`);
  const voice = voiceOf(language);
  const digits = Array.from(answer, (digit) => {
    const spoken = voice[Number(digit)];
    if (!spoken) throw new Error('no recording');
    return { sound: resample(spoken, random.between(0.88, 1.12)), pause: random.between(0.35, 0.8) };
  });
  const seconds = digits.reduce(
    (sum, { sound, pause }) => sum + sound.length / SAMPLE_RATE + pause,
    LEAD + TAIL,
  );
  const track = background(random, voice, ceil(seconds * SAMPLE_RATE));
  let at = LEAD * SAMPLE_RATE;
  for (const { sound, pause } of digits) {
    mix(track, sound, round(at), random.between(0.62, 0.75));
    at += sound.length + pause * SAMPLE_RATE;
  }
  return encodeWav(track);
}

/** Hiss, and under it scraps of speech backwards: as much like the digits as sense allows. */
function background(random: SeededRandom, voice: readonly Float32Array[], length: number): Float32Array {
  const hiss = random.between(0.012, 0.022);
  const track = new Float32Array(length);
  for (let at = 0; at < length; at++) track[at] = random.between(-hiss, hiss);
  for (let at = 0; at < length; at += random.between(0.08, 0.3) * SAMPLE_RATE) {
    const scrap = resample(random.pick(voice), random.between(0.75, 1.35)).reverse();
    mix(track, scrap, round(at), random.between(0.05, 0.12));
  }
  return track;
}

/** Plays `sound` at another tempo: above 1 faster and higher. */
function resample(sound: Float32Array, tempo: number): Float32Array {
  const played = new Float32Array(floor((sound.length - 1) / tempo));
  for (let index = 0; index < played.length; index++) {
    const place = index * tempo;
    const before = floor(place);
    const left = sound[before] ?? 0;
    played[index] = left + (place - before) * ((sound[before + 1] ?? 0) - left);
  }
  return played;
}

function mix(track: Float32Array, sound: Float32Array, at: number, loudness: number): void {
  const end = min(sound.length, track.length - at);
  for (let index = 0; index < end; index++) {
    track[at + index] = (track[at + index] ?? 0) + loudness * (sound[index] ?? 0);
  }
}

function decode(base64: string): Float32Array {
  return Float32Array.from(Buffer.from(base64, 'base64'), fromMuLaw);
}
