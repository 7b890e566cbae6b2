/**
 * Memory that a start needed and serving does not. Reading a thousand files makes V8 widen the space for new objects
 * to its most, and it gives none of it back while a node has little to do, however long.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Those who waited for this node have been answered by then; balancers have hardly begun to send it people. */
const SETTLED_MS = 1000;

/** Once, soon. What serving needs grows again with those who are served. */
export function giveBackStartMemory(): void {
  setTimeout(giveBackMemory, SETTLED_MS).unref();
}

/** Collects all garbage and returns what is free to the system; nothing else runs meanwhile, some tenths of a second. */
export function giveBackMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
}
