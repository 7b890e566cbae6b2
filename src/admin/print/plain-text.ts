/**
 * Text from outside (names, reasons, mail servers' answers) on a terminal. A control sequence in it could move
 * the cursor, change what was printed before or type for the operator; a bidi override shows one name for another.
 */

/** Controls, formats (bidi, zero-width, tags), line and paragraph separators, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/** `text` on one line with everything unsafe written out, such as `\u001b` for ESC. */
export function plain(text: string): string {
  return text.replace(UNSAFE, escapeUnits);
}

/** The same for text of several lines that we laid out ourselves. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n');
}

/** JSON that is safe to show on a terminal and still means exactly the same. */
export function plainJson(value: unknown): string {
  return plainLines(JSON.stringify(value, null, 2));
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const WIDE =
  /\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hangul}|\p{sc=Hiragana}|\p{sc=Katakana}|[\u3000-\u303f\uff01-\uff60]/u;

const cellsOf = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1);

/** How many terminal cells a text of one line takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += cellsOf(segment);
  return width;
}

/** `text` in at most `width` cells, with an ellipsis where something was left out. */
export function clip(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const { segment } of graphemes.segment(text)) {
    room -= cellsOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept}…`;
}
