/** How a command says what it found: for people, or with --json for programs. */
import { styleText } from 'node:util';
import type { Clock } from '../../clock';
import type { AdminIo } from '../admin';
import { plain, plainJson } from './plain-text';
import { drawFacts, drawTable, type Column } from './table';
import { age, cellTime, fullTime } from './times';

export interface Printer {
  /** One JSON document on stdout. Times become ISO UTC. */
  json(value: unknown): void;
  table<Item>(items: readonly Item[], columns: readonly Column<Item>[]): void;
  facts(facts: readonly (readonly [name: string, value: string])[]): void;
  /** A result, on stdout. */
  line(text: string): void;
  /** A word beside the result, on stderr, so that it never gets into a pipe. */
  note(text: string): void;
  /** A column of times; its heading names the zone. */
  timeColumn<Item>(title: string, time: (item: Item) => Date | null): Column<Item>;
  /** A column of relative ages, for tables that have no room for times. */
  ageColumn<Item>(time: (item: Item) => Date): Column<Item>;
  time(time: Date | null): string;
}

export function createPrinter(io: AdminIo, clock: Clock): Printer {
  const style = {
    columns: io.columns,
    paint: (kind: 'heading' | 'alarm', text: string): string =>
      io.colour ? styleText(kind === 'heading' ? 'bold' : 'red', text, { validateStream: false }) : text,
  };
  return {
    json: (value) => {
      io.stdout(`${plainJson(value)}\n`);
    },
    table: (items, columns) => {
      if (items.length === 0) io.stderr('None.\n');
      else io.stdout(drawTable(items, columns, style));
    },
    facts: (facts) => {
      io.stdout(drawFacts(facts));
    },
    line: (text) => {
      io.stdout(`${plain(text)}\n`);
    },
    note: (text) => {
      io.stderr(`${plain(text)}\n`);
    },
    timeColumn: (title, time) => ({
      title: `${title} (${io.timeZone})`,
      cell: (item) => cellTime(time(item), clock.now(), io.timeZone),
    }),
    ageColumn: (time) => ({ title: 'AGE', cell: (item) => age(time(item), clock.now()) }),
    time: (time) => (time ? fullTime(time, clock.now(), io.timeZone) : '–'),
  };
}
