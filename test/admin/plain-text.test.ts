import { clip, plain, plainJson, widthOf } from '../../src/admin/print/plain-text';
import { drawTable } from '../../src/admin/print/table';
import { age, fullTime } from '../../src/admin/print/times';

test.each([
  ['a colour', '\u001b[31mred', '\\u001b[31mred'],
  ['a window title', '\u001b]0;x\u0007', '\\u001b]0;x\\u0007'],
  ['an 8-bit control', '\u009b31m', '\\u009b31m'],
  ['a line break and a carriage return', 'a\r\nb', 'a\\u000d\\u000ab'],
  ['a bidi override', 'abc\u202egnp.exe', 'abc\\u202egnp.exe'],
  ['bidi isolates', '\u2066x\u2069', '\\u2066x\\u2069'],
  ['zero width', 'a\u200bb', 'a\\u200bb'],
  ['a line separator', 'a\u2028b', 'a\\u2028b'],
  ['a tag beyond the first plane', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
  ['a lone surrogate', 'a\ud800b', 'a\\ud800b'],
  ['ordinary text of many scripts', 'Ёлкин «Ё» Łódź 東京 👍', 'Ёлкин «Ё» Łódź 東京 👍'],
])('attack 54: %s is shown harmlessly', (_what, text, shown) => {
  expect(plain(text)).toBe(shown);
});

test('JSON stays the same value while nothing in it can steer a terminal', () => {
  const value = { reason: 'x\u001b[2J\u009b1m\u202e\u2028\u{e0041}\ud800"\\', name: 'Ёж' };
  const text = plainJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
});

test('widths are counted as a terminal does', () => {
  expect([widthOf('Иван'), widthOf('東京'), widthOf('e\u0301'), widthOf('👨‍👩‍👧')]).toEqual([4, 4, 1, 2]);
  expect(clip('Иванов Иван', 7)).toBe('Иванов…');
  expect(clip('東京都', 5)).toBe('東京…');
});

test('a table fits its width by cutting only columns that may be cut', () => {
  const long = { id: 'x'.repeat(36), name: 'я'.repeat(90), mail: 'm'.repeat(90) };
  const table = drawTable(
    [long, { id: 'short', name: 'a\u001b[31mb', mail: 'c' }],
    [
      { title: 'ID', cell: ({ id }) => id },
      { title: 'NAME', cell: ({ name }) => name, shrinks: true },
      { title: 'MAIL', cell: ({ mail }) => mail, shrinks: true },
    ],
    { columns: 100, paint: (_kind, text) => text },
  );
  const lines = table.trimEnd().split('\n');
  expect(Math.max(...lines.map(widthOf))).toBe(100);
  expect(lines[1]).toContain(long.id);
  expect(lines[1]).toContain('…');
  expect(table).toContain('a\\u001b[31mb');
});

test('times are local, name their zone and tell the distance', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  expect(fullTime(new Date('2026-11-22T08:30:00Z'), now, 'Europe/Moscow')).toBe(
    '2026-11-22 11:30 GMT+3 (3 h ago)',
  );
  expect(fullTime(new Date('2026-11-22T12:05:00Z'), now, 'UTC')).toBe('2026-11-22 12:05 UTC (in 5 min)');
  expect(age(new Date('2026-11-10T12:00:00Z'), now)).toBe('12 d');
});
