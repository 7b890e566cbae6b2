/** Commands of one turn of the event loop leave in one packet: a write of its own costs each more than the rest of it. */
import type { Duplex } from 'node:stream';

export function sendTogether(stream: Duplex): void {
  const { write } = stream;
  let corked = false;
  const uncork = (): void => {
    corked = false;
    stream.uncork();
  };
  stream.write = (...given: unknown[]): boolean => {
    if (!corked) {
      corked = true;
      stream.cork();
      setImmediate(uncork);
    }
    return Reflect.apply(write, stream, given) as boolean;
  };
}
