/** One row of the table of settings. */
import type { Reader } from './readers';

export interface Setting<Value> {
  name: string;
  read: Reader<Value>;
  /** Text that stands when the variable is absent; undefined means "not set". */
  default?: string;
  meaning: string;
  /** May also come from the file that NAME_FILE names. */
  secret?: true;
}

export const required = <Value>(setting: Setting<Value> & { default: string }): Setting<Value> => setting;
export const optional = <Value>(setting: Setting<Value>): Setting<Value | undefined> => setting;
