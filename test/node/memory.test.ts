import { getHeapSpaceStatistics } from 'node:v8';
import { giveBackMemory } from '../../src/node/memory';

const MIB = 1024 * 1024;

const newSpace = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? NaN;

test('what a busy start widened is given back to the system', () => {
  const kept = Array.from({ length: 500_000 }, (_, index) => ({ index, text: `row ${index}` }));
  expect(newSpace()).toBeGreaterThan(8 * MIB);
  giveBackMemory();
  expect(newSpace()).toBeLessThan(4 * MIB);
  expect(kept).toHaveLength(500_000);
  expect(globalThis).not.toHaveProperty('gc');
});
