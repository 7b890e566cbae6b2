/** What the bench has started and must end; kept on the global object, which Jest's setup and teardown share. */
const stops: (() => Promise<void>)[] = ((
  globalThis as { benchStops?: (() => Promise<void>)[] }
).benchStops ??= []);

export function onStop(stop: () => Promise<void>): void {
  stops.push(stop);
}

/** Ends everything in reverse order, each at most once. */
export async function stopEverything(): Promise<void> {
  for (let stop = stops.pop(); stop; stop = stops.pop()) await stop();
}
