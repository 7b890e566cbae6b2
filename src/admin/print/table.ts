/** Tables that fit the terminal: columns marked `shrinks` give way, widest first; the others stay whole. */
import { clip, plain, widthOf } from './plain-text';

export interface Column<Item> {
  title: string;
  cell(item: Item): string;
  /** May be cut with an ellipsis when the table is too wide. */
  shrinks?: true;
  /** True for a cell that an operator should notice. */
  alarming?(item: Item): boolean;
}

export interface TableStyle {
  columns: number;
  paint(kind: 'heading' | 'alarm', text: string): string;
}

const GAP = '  ';
const LEAST = 8;

function fit(widths: number[], shrinks: readonly boolean[], room: number): number[] {
  const fitted = [...widths];
  for (;;) {
    const total = fitted.reduce((sum, width) => sum + width, GAP.length * (fitted.length - 1));
    const widest = fitted.reduce(
      (found, width, index) =>
        shrinks[index] && width > LEAST && (found < 0 || width > (fitted[found] ?? 0)) ? index : found,
      -1,
    );
    if (total <= room || widest < 0) return fitted;
    fitted[widest] = (fitted[widest] ?? 0) - 1;
  }
}

/** Draws heading and rows, each line ended by a line break. Cells are neutralised here. */
export function drawTable<Item>(
  items: readonly Item[],
  columns: readonly Column<Item>[],
  style: TableStyle,
): string {
  const rows = items.map((item) => columns.map((column) => plain(column.cell(item))));
  const natural = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const widths = fit(
    natural,
    columns.map(({ shrinks }) => shrinks === true),
    style.columns,
  );
  const cut = (text: string, index: number): string => clip(text, widths[index] ?? 0);
  const pad = (text: string, index: number): string => {
    const last = index === columns.length - 1;
    return last ? text : text + ' '.repeat(Math.max((widths[index] ?? 0) - widthOf(text), 0));
  };
  const heading = columns.map(({ title }, index) => pad(cut(title, index), index)).join(GAP);
  const lines = rows.map((row, at) => {
    const item = items[at] as Item;
    const cells = row.map((text, index) => {
      const cell = pad(cut(text, index), index);
      return columns[index]?.alarming?.(item) ? style.paint('alarm', cell) : cell;
    });
    return cells.join(GAP);
  });
  return [style.paint('heading', heading), ...lines].map((line) => `${line}\n`).join('');
}

/** Draws names and values, one pair a line. Values are neutralised here. */
export function drawFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...facts.map(([name]) => widthOf(name)));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${plain(value)}\n`).join('');
}
