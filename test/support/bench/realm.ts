/**
 * Jest runs each test file in a context of its own, where errors made by Node itself (a refused connection,
 * a missing file) are not `instanceof Error`. In production they are; this makes tests agree.
 */
import { EventEmitter } from 'node:events';
import { types } from 'node:util';

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, candidate: unknown): boolean {
    if (this === Error && types.isNativeError(candidate)) return true;
    return Function.prototype[Symbol.hasInstance].call(this as typeof Error, candidate);
  },
});

/**
 * What Node's fetch keeps beside its globals is not in that context, either; oidc-provider looks there for the class of its
 * dispatcher, and would warn that it guards nothing. What really guards outgoing calls is our own (http/outgoing).
 */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');
Object.defineProperty(globalThis, DISPATCHER, { value: new (class Dispatcher extends EventEmitter {})() });
