/**
 * The conformance pack: what the certification programmes of the OpenID Foundation ask of a provider, asked over HTTP of
 * a running server. A module is a named function that throws when the server does not keep to it; this file says what
 * one is and what it gets. It knows nothing of the product's code.
 */
import type { Agent } from '../../support/agent';
import type { Metadata } from './relying-party/metadata';
import type { Party, Place } from './place';

export interface Module {
  /** As the programme calls it. */
  name: string;
  /** Seconds that it waits on purpose. */
  waits?: number;
  /** Changes the server for everybody, so it runs after all others. */
  alone?: true;
  run(trial: Trial): Promise<void>;
}

export interface Group {
  name: string;
  modules: readonly Module[];
  /** The relying parties that the modules act as. */
  parties(place: Place): GroupParties;
}

export interface GroupParties {
  /** Acts unless a module says otherwise. */
  first: Party;
  /** The same kind with another way to prove who it is. */
  post: Party;
  /** Somebody else, for what must not be handed on. */
  other: Party;
}

/** One run of one module: a browser in which nobody is signed in, and the server as it describes itself. */
export interface Trial extends GroupParties {
  place: Place;
  browser: Agent;
  metadata: Metadata;
  /** Something that is allowed and not recommended; stands beside the verdict. */
  warn(remark: string): void;
}

/** Thrown where a module meets a deviation that docs/conformance.md lists with its reason. */
export class Waived extends Error {}

/** @throws Waived */
export function waive(reason: string): never {
  throw new Waived(reason);
}
