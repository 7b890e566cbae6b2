/**
 * The life of a challenge of digits, drawn and spoken by us. What is kept is the sealed answer and the seed
 * of its rendering: asking again gives the same bytes, never a second, differently bent sample of one answer.
 */
import { randomInt } from 'node:crypto';
import { fingerprint, randomToken, sameText, type Secrets } from '../secrets';
import type { EphemeralStore, Json } from '../storage/ephemeral/port';
import {
  ANSWER_LENGTH,
  CAPTCHA_FIELDS,
  CHALLENGE_TTL,
  normaliseAnswer,
  type Captcha,
  type CaptchaBinding,
} from './captcha';
import { drawAnswer } from './picture/draw';
import { speakAnswer } from './speech/speak';

export interface CaptchaParts {
  store: EphemeralStore;
  secrets: Secrets;
}

interface Kept {
  answer: string;
  /** base64url */
  seed: string;
}

const ID_BYTES = 16;
const ID_SHAPE = /^[\w-]{22}$/;
const SEED_BYTES = 32;

/** A captcha of digits; `chooseAnswer` gives `ANSWER_LENGTH` of them for each new challenge. */
/** How often one challenge is drawn or spoken, all in all. */
const MAX_DRAWINGS = 20;

export function createDigitCaptcha(parts: CaptchaParts, chooseAnswer: () => string): Captcha {
  const { store, secrets } = parts;

  async function look<T>(
    id: string,
    binding: CaptchaBinding,
    render: (kept: Opened) => T,
  ): Promise<T | undefined> {
    if (!ID_SHAPE.test(id)) return undefined;
    const key = storeKey(id, binding);
    const entry = await store.find(key);
    if (!entry) return undefined;
    // Drawing costs milliseconds of the event loop; a person looks and listens a few times.
    const { count } = await store.count(`${key}:drawn`, 1, CHALLENGE_TTL);
    return count > MAX_DRAWINGS ? undefined : render(unseal(secrets, key, entry.value));
  }

  return {
    async issue(binding) {
      const id = randomToken(ID_BYTES);
      const key = storeKey(id, binding);
      const kept: Kept = { answer: chooseAnswer(), seed: randomToken(SEED_BYTES) };
      await store.put(key, secrets.seal(JSON.stringify(kept), key), CHALLENGE_TTL);
      return { kind: 'picture', id };
    },
    picture: (id, binding) => look(id, binding, ({ answer, seed }) => drawAnswer(answer, seed)),
    audio: (id, binding, language) =>
      look(id, binding, ({ answer, seed }) => speakAnswer(answer, seed, language)),
    async check(binding, form) {
      const id = form[CAPTCHA_FIELDS.id] ?? '';
      if (!ID_SHAPE.test(id)) return false;
      const key = storeKey(id, binding);
      const entry = await store.take(key);
      if (!entry) return false;
      const typed = normaliseAnswer(form[CAPTCHA_FIELDS.answer] ?? '');
      return typed !== undefined && sameText(typed, unseal(secrets, key, entry.value).answer);
    },
  };
}

/** All answers alike, from the system's generator. */
export function randomAnswer(): string {
  return String(randomInt(10 ** ANSWER_LENGTH)).padStart(ANSWER_LENGTH, '0');
}

/**
 * The binding is part of the key, so another browser, purpose or interaction finds nothing: it cannot even
 * burn the challenge, and no second look at the record is needed that a race could come between.
 */
function storeKey(id: string, { purpose, browser, context }: CaptchaBinding): string {
  return `captcha:${fingerprint(JSON.stringify([id, purpose, browser, context]))}`;
}

interface Opened {
  answer: string;
  seed: Buffer;
}

function unseal(secrets: Secrets, key: string, sealed: Json): Opened {
  if (typeof sealed !== 'string') throw new Error('not a record of a captcha');
  const { answer, seed } = JSON.parse(secrets.open(sealed, key)) as Kept;
  return { answer, seed: Buffer.from(seed, 'base64url') };
}
