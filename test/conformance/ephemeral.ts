/** What every ephemeral store must do: the words of src/storage/ephemeral/port.ts, one by one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EphemeralStore, Json } from '../../src/storage/ephemeral/port';

export interface EphemeralUnderTest {
  store: EphemeralStore;
  /** A second instance over the same storage, as another node has it. */
  other: EphemeralStore;
  close(): Promise<void>;
}

const CALLERS = 50;
const LONG = 60;
/** Seconds; a record made with this has certainly ended after `sleep(ENDED)`. */
const SHORT = 0.15;
const ENDED = 260;

const VALUES: [string, Json][] = [
  ['null', null],
  ['false', false],
  ['zero', 0],
  ['a fraction', 0.1],
  ['an empty text', ''],
  ['an empty list', []],
  ['an empty object', {}],
  ['Cyrillic, an emoji and quotes', 'Иван «Пример» 👩‍🚀 "quoted" \\ \r\n\t'],
  ['U+0000 and a lone surrogate', 'a\u0000b\ud800c\udc00'],
  ['U+0000 in a name', { 'a\u0000b': 1 }],
  ['names that mean something to JavaScript', JSON.parse('{"__proto__":{"a":1},"constructor":2}') as Json],
  ['names in camelCase and snake_case', { camelCase: { inner_name: [1, { deepName: null }] } }],
  ['a deep nest', JSON.parse('['.repeat(200) + ']'.repeat(200)) as Json],
  ['64 KB', 'д'.repeat(32 * 1024)],
  ['text that looks like a mark of the store', '1"spent"'],
];

const KEYS = [
  'a',
  'session:*:x',
  '*',
  '{}',
  '{a}b',
  'with spaces ',
  ' with spaces',
  "'; drop table ephemeral; --",
];
KEYS.push('%_?[a]\\', 'ключ', '__proto__', 'k'.repeat(1024));

export function ephemeralConformance(name: string, open: () => Promise<EphemeralUnderTest>): void {
  describe(`ephemeral store over ${name}`, () => {
    let opened: EphemeralUnderTest;
    let store: EphemeralStore;
    let other: EphemeralStore;
    beforeAll(async () => {
      opened = await open();
      ({ store, other } = opened);
    });
    afterAll(() => opened.close());

    /** Runs the same call on both nodes at once, `CALLERS` times in all. */
    const race = <T>(call: (store: EphemeralStore, caller: number) => Promise<T>): Promise<T[]> =>
      Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller % 2 ? store : other, caller)));

    describe('find and put', () => {
      it('finds nothing under a key never written', async () => {
        expect(await store.find(randomUUID())).toBeUndefined();
      });

      it.each(VALUES)('gives back %s', async (_, value) => {
        const key = randomUUID();
        await store.put(key, value, LONG);
        expect(await other.find(key)).toEqual({ value, spent: false });
        expect(JSON.stringify((await store.take(key))?.value)).toBe(JSON.stringify(value));
      });

      it('keeps records under unusual keys apart', async () => {
        const prefix = randomUUID();
        await Promise.all(KEYS.map((key, index) => store.put(prefix + key, index, LONG)));
        await Promise.all(KEYS.map((key, index) => store.count(prefix + key, index + 1, LONG)));
        const found = await Promise.all(KEYS.map((key) => other.find(prefix + key)));
        expect(found.map((entry) => entry?.value)).toEqual(KEYS.map((_, index) => index));
        await store.delete(`${prefix}*`);
        expect(await store.find(`${prefix}session:*:x`)).toEqual({ value: 1, spent: false });
      });

      it('replaces a record, its end and its spent mark', async () => {
        const key = randomUUID();
        await store.put(key, 'first', SHORT);
        await store.spend(key);
        await other.put(key, 'second', LONG);
        await sleep(ENDED);
        expect(await store.find(key)).toEqual({ value: 'second', spent: false });
        expect(await store.spend(key)).toBe(true);
      });

      it('shortens an end when the newer record says so', async () => {
        const key = randomUUID();
        await store.put(key, 'long', LONG);
        await store.put(key, 'short', SHORT);
        await sleep(ENDED);
        expect(await store.find(key)).toBeUndefined();
      });

      it('hands out copies: neither what was put nor what was found changes the record', async () => {
        const key = randomUUID();
        const value = { list: [1] };
        await store.put(key, value, LONG);
        value.list.push(2);
        const found = (await store.find(key))?.value as { list: number[] };
        found.list.push(3);
        expect((await store.find(key))?.value).toEqual({ list: [1] });
      });

      it.each([0, -1, NaN, Infinity])('refuses a lifetime of %d seconds', async (ttl) => {
        await expect(store.put(randomUUID(), 1, ttl)).rejects.toThrow(RangeError);
        await expect(store.insert(randomUUID(), 1, ttl)).rejects.toThrow(RangeError);
        await expect(store.count(randomUUID(), 1, ttl)).rejects.toThrow(RangeError);
      });

      it('takes lifetimes below a millisecond and of ten years', async () => {
        const [brief, long] = [randomUUID(), randomUUID()];
        await store.put(brief, 1, 0.0001);
        await store.put(long, 1, 10 * 365 * 86_400);
        await sleep(20);
        expect(await store.find(brief)).toBeUndefined();
        expect(await store.find(long)).toBeDefined();
      });
    });

    describe('the end of a record', () => {
      it('hides it from every operation', async () => {
        const keys = Array.from({ length: 4 }, () => randomUUID());
        await Promise.all(keys.map((key) => store.put(key, 'gone', SHORT)));
        await sleep(ENDED);
        const [found = '', spent = '', taken = '', inserted = ''] = keys;
        expect(await store.find(found)).toBeUndefined();
        expect(await store.spend(spent)).toBe(false);
        expect(await store.take(taken)).toBeUndefined();
        expect(await store.insert(inserted, 'new', LONG)).toBe(true);
        expect(await other.find(inserted)).toEqual({ value: 'new', spent: false });
      });

      it('is not moved by find, spend or a refused insert', async () => {
        const key = randomUUID();
        await store.put(key, 'value', 2);
        await store.find(key);
        expect(await store.spend(key)).toBe(true);
        expect(await store.insert(key, 'other', LONG)).toBe(false);
        expect(await store.find(key)).toEqual({ value: 'value', spent: true });
        await sleep(2200);
        expect(await store.find(key)).toBeUndefined();
      });

      it('lets a spent and ended record be inserted anew, unspent', async () => {
        const key = randomUUID();
        await store.put(key, 'old', SHORT);
        await store.spend(key);
        await sleep(ENDED);
        expect(await store.insert(key, 'new', LONG)).toBe(true);
        expect(await store.find(key)).toEqual({ value: 'new', spent: false });
      });
    });

    describe('insert', () => {
      it('lets exactly one of many callers write', async () => {
        const key = randomUUID();
        const results = await race((node, caller) => node.insert(key, caller, LONG));
        expect(results.filter(Boolean)).toHaveLength(1);
        // Even callers went to `other`, odd ones to `store`: the record is the winner's.
        expect((await store.find(key))?.value).toBe(results.indexOf(true));
      });

      it('lets exactly one of many callers replace an ended record', async () => {
        const key = randomUUID();
        await store.put(key, 'ended', SHORT);
        await sleep(ENDED);
        const results = await race((node, caller) => node.insert(key, caller, LONG));
        expect(results.filter(Boolean)).toHaveLength(1);
        expect((await store.find(key))?.value).toBe(results.indexOf(true));
      });

      it('does not write over a spent record', async () => {
        const key = randomUUID();
        await store.put(key, 'first', LONG);
        await store.spend(key);
        expect(await other.insert(key, 'second', LONG)).toBe(false);
        expect(await store.find(key)).toEqual({ value: 'first', spent: true });
      });
    });

    describe('spend', () => {
      it('says false for a key never written', async () => {
        expect(await store.spend(randomUUID())).toBe(false);
      });

      it('lets exactly one of many callers spend, and keeps the value', async () => {
        const key = randomUUID();
        await store.put(key, { code: 'kept' }, LONG);
        const results = await race((node) => node.spend(key));
        expect(results.filter(Boolean)).toHaveLength(1);
        expect(await store.find(key)).toEqual({ value: { code: 'kept' }, spent: true });
      });
    });

    describe('take and delete', () => {
      it('gives the record to exactly one of many callers', async () => {
        const key = randomUUID();
        await store.put(key, 'treasure', LONG);
        const results = await race((node) => node.take(key));
        expect(results.filter((entry) => entry !== undefined)).toEqual([{ value: 'treasure', spent: false }]);
        expect(await store.find(key)).toBeUndefined();
      });

      it('tells that a taken record was spent', async () => {
        const key = randomUUID();
        await store.put(key, 'value', LONG);
        await store.spend(key);
        expect(await other.take(key)).toEqual({ value: 'value', spent: true });
      });

      it('deletes a record, and does not mind when there is none', async () => {
        const key = randomUUID();
        await store.put(key, 'value', LONG);
        await store.delete(key);
        await store.delete(key);
        expect(await other.find(key)).toBeUndefined();
      });
    });

    describe('count', () => {
      it('starts a new counter at its first step', async () => {
        const { count, ttl } = await store.count(randomUUID(), 3, LONG);
        expect(count).toBe(3);
        expect(ttl).toBeGreaterThan(LONG - 5);
        expect(ttl).toBeLessThanOrEqual(LONG + 0.1);
      });

      it('loses no step of many callers, and shows each of them another sum', async () => {
        const key = randomUUID();
        const counts = (await race((node) => node.count(key, 2, LONG))).map(({ count }) => count);
        expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: CALLERS }, (_, i) => 2 * (i + 1)));
        expect((await store.count(key, -CALLERS, LONG)).count).toBe(CALLERS);
      });

      it('gives each of many counters of one turn its own answer', async () => {
        const keys = Array.from({ length: 120 }, () => randomUUID());
        await store.count(keys[7] ?? '', 100, LONG);
        const counted = await Promise.all(
          keys.map((key, place) => store.count(key, place, 2 * LONG + place)),
        );
        expect(counted.map(({ count }) => count)).toEqual(
          keys.map((_, place) => (place === 7 ? 107 : place)),
        );
        for (const [place, { ttl }] of counted.entries()) {
          const end = place === 7 ? LONG : 2 * LONG + place;
          expect([place, ttl > end - 5, ttl <= end + 0.1]).toEqual([place, true, true]);
        }
      });

      it('refuses a wrong lifetime without harm to the counters of the same turn', async () => {
        const key = randomUUID();
        const [good, bad] = await Promise.allSettled([
          store.count(key, 1, LONG),
          store.count(randomUUID(), 1, -1),
        ]);
        expect([good?.status, bad?.status]).toEqual(['fulfilled', 'rejected']);
      });

      it('goes below zero', async () => {
        const key = randomUUID();
        expect((await store.count(key, -1, LONG)).count).toBe(-1);
        expect((await store.count(key, -1, LONG)).count).toBe(-2);
      });

      it('does not move the end at later calls, and starts anew after it', async () => {
        const key = randomUUID();
        await store.count(key, 5, 3);
        await sleep(100);
        const later = await other.count(key, 1, LONG);
        expect(later.count).toBe(6);
        expect(later.ttl).toBeLessThan(3);
        expect(later.ttl).toBeGreaterThan(0);
        await sleep(3020);
        const fresh = await store.count(key, 1, LONG);
        expect(fresh.count).toBe(1);
        expect(fresh.ttl).toBeGreaterThan(LONG - 5);
      });

      it('starts an ended counter anew exactly once for many callers', async () => {
        const key = randomUUID();
        await store.count(key, 1000, SHORT);
        await sleep(ENDED);
        const counts = (await race((node) => node.count(key, 1, LONG))).map(({ count }) => count);
        expect(Math.max(...counts)).toBe(CALLERS);
        expect(new Set(counts).size).toBe(CALLERS);
      });

      it('shares no key with records', async () => {
        const key = randomUUID();
        await store.put(key, 'record', LONG);
        await store.count(key, 1, LONG);
        await store.delete(key);
        expect((await store.count(key, 1, LONG)).count).toBe(2);
      });
    });

    describe('sweep and ping', () => {
      it('leaves what is alive', async () => {
        const [alive, dead] = [randomUUID(), randomUUID()];
        await store.put(alive, 'alive', LONG);
        await store.count(alive, 7, LONG);
        await store.put(dead, 'dead', SHORT);
        await sleep(ENDED);
        expect(await store.sweep()).toBeGreaterThanOrEqual(0);
        expect(await store.sweep()).toBe(0);
        expect(await store.find(alive)).toEqual({ value: 'alive', spent: false });
        expect((await store.count(alive, 1, LONG)).count).toBe(8);
        expect(await store.find(dead)).toBeUndefined();
      });

      it('answers a ping', async () => {
        await expect(store.ping()).resolves.toBeUndefined();
      });
    });
  });
}
