/** Rows of a file on their way into a table: in one order, and so many in one statement. */
export interface ImportCounts {
  added: number;
  updated: number;
}

/** Rows of one statement. */
const BATCH = 2000;

function* batches<Entry>(entries: readonly Entry[]): Generator<readonly Entry[]> {
  for (let at = 0; at < entries.length; at += BATCH) yield entries.slice(at, at + BATCH);
}

/** Always in the same order, so that two imports wait for each other and do not deadlock. */
export function inOrder<Entry>(entries: readonly Entry[], keyOf: (entry: Entry) => string): Entry[] {
  return entries.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** What `run` gives of all batches together, one after the other. @param run such as an upsert that gives how many are new */
export async function sumBatches<Entry>(
  entries: readonly Entry[],
  run: (batch: readonly Entry[]) => Promise<number>,
): Promise<number> {
  let sum = 0;
  for (const batch of batches(entries)) sum += await run(batch);
  return sum;
}
