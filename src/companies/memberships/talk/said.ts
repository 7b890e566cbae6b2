/**
 * What the person of an application has said so far: a comment of their own, and an answer beside each question. It is
 * kept in the column `answer`: one comment as it is, more than that as JSON.
 */
import { z } from 'zod';

export interface Said {
  /** What a reviewer had asked; null for a comment that nobody asked for. */
  question: string | null;
  words: string;
}

const list = z.array(z.object({ question: z.string().nullable(), words: z.string() })).min(1);

/** In the order in which it was said. */
export function readSaid(kept: string | null): Said[] {
  if (kept === null) return [];
  return readList(kept) ?? [{ question: null, words: kept }];
}

function readList(kept: string): Said[] | undefined {
  if (!kept.startsWith('[')) return undefined;
  try {
    return list.safeParse(JSON.parse(kept)).data;
  } catch {
    return undefined;
  }
}

/** As it is kept; null when nothing was said. */
export function keepSaid(said: readonly Said[]): string | null {
  const [first, ...others] = said;
  if (!first) return null;
  // A comment that looks like our JSON must not become a conversation that never was.
  const plain = others.length === 0 && first.question === null && readList(first.words) === undefined;
  return plain ? first.words : JSON.stringify(said);
}

/** True when the newest thing said answers a question. */
export function hasAnswered(kept: string | null): boolean {
  return typeof readSaid(kept).at(-1)?.question === 'string';
}
