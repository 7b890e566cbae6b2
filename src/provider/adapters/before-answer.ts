/** Writes of a request that nothing in it asks for again leave together, right before its answer does. */
import Provider, { type Adapter } from 'oidc-provider';

type Write = () => Promise<unknown>;

/** By what they write: of two the last one counts. */
const waiting = new WeakMap<object, Map<string, Write>>();

const ofRequest = (): Map<string, Write> | undefined => Provider.ctx && waiting.get(Provider.ctx);

/** Writes before the request under way is answered; at once where there is none. */
export async function beforeAnswer(what: string, write: Write): Promise<void> {
  const writes = ofRequest();
  if (writes) writes.set(what, write);
  else await write();
}

/** What waits to be written is not written any more. */
export function withdraw(what: string): void {
  ofRequest()?.delete(what);
}

/** The adapter of a model that a request makes and does not read. */
export function writtenBeforeAnswer(model: string, adapter: Adapter): Adapter {
  return {
    ...adapter,
    upsert: (id, payload, expiresIn) =>
      beforeAnswer(`${model}:${id}`, () => adapter.upsert(id, payload, expiresIn)),
  };
}

/** Runs a request of the protocol and then what it had to write. @throws what the request or a write throws */
export async function writingAtTheEnd(ctx: object, run: () => Promise<unknown>): Promise<void> {
  const writes = new Map<string, Write>();
  waiting.set(ctx, writes);
  try {
    await run();
  } finally {
    waiting.delete(ctx);
    await Promise.all([...writes.values()].map((write) => write()));
  }
}
