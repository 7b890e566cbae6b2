/**
 * Old passwords checked by the portal itself: `POST {"login", "password"}` with a bearer token, answered by
 * `{"valid": true}` or false. It is asked for at most 3 seconds and left alone while it fails.
 */
import { z } from 'zod';
import { createBreaker } from '../../companies/dadata/breaker';
import type { LegacyCheckParts } from '../check-parts';
import type { LegacyAnswer, LegacyCheck } from '../legacy-account';

const DEADLINE_MS = 3000;
const MAX_ANSWER = 16 * 1024;

const answered = z.object({ valid: z.boolean() });

/** @throws Error without LEGACY_CHECK_URL and LEGACY_CHECK_TOKEN. */
export function createHttpCheck({ clock, config }: LegacyCheckParts): LegacyCheck {
  const { legacyCheckUrl: url, legacyCheckToken: token } = config;
  if (url === undefined || token === undefined)
    throw new Error('the older portal cannot be asked without LEGACY_CHECK_URL and LEGACY_CHECK_TOKEN');
  const breaker = createBreaker(clock, { failures: 5, rest: 30 });
  return {
    check: async (login, password) => {
      if (!breaker.admit()) return 'unavailable';
      const answer = await ask(url, token, { login, password }).catch(() => 'unavailable' as const);
      if (answer === 'unavailable') breaker.failed();
      else breaker.succeeded();
      return answer;
    },
  };
}

async function ask(url: string, token: string, question: object): Promise<LegacyAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      Accept: 'application/json',
    },
    body: JSON.stringify(question),
    // A password goes to the address of the settings and to no other.
    redirect: 'error',
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  const text = await readBounded(response);
  if (response.status !== 200) return 'unavailable';
  const { valid } = answered.parse(JSON.parse(text));
  return valid ? 'right' : 'wrong';
}

/** @throws Error when it is longer than an answer can be. */
async function readBounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > MAX_ANSWER) throw new Error('the answer is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
