/** Few places for what takes much memory: for everybody, and fewer of them for one network address. */
import { Refusal } from '../errors';
import { addressBlock } from './client-address';
import type { Context } from './context';

const RETRY_SECONDS = 5;

/** Takes a place for a request and gives the function that leaves it. @throws Refusal overloaded */
export type TakePlace = (ctx: Context) => () => void;

export function createPlaces({ all, ofOne }: { all: number; ofOne: number }): TakePlace {
  const taken = new Map<string, number>();
  let total = 0;
  return (ctx) => {
    const from = addressBlock(ctx.state.address);
    const own = taken.get(from) ?? 0;
    if (total >= all || own >= ofOne) throw new Refusal('overloaded', RETRY_SECONDS);
    total += 1;
    taken.set(from, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      total -= 1;
      const rest = (taken.get(from) ?? 1) - 1;
      if (rest > 0) taken.set(from, rest);
      else taken.delete(from);
    };
  };
}
