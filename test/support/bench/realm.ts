/**
 * Jest runs each test file in a context of its own, where errors made by Node itself (a refused connection,
 * a missing file) are not `instanceof Error`. In production they are; this makes tests agree.
 */
import { types } from 'node:util';

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, candidate: unknown): boolean {
    if (this === Error && types.isNativeError(candidate)) return true;
    return Function.prototype[Symbol.hasInstance].call(this as typeof Error, candidate);
  },
});
