import { systemClock } from '../../clock';
import { ConfigError, type Config } from '../../config';
import { SETTINGS } from '../../config/table';
import { createSecrets } from '../../secrets';
import { Failure } from '../admin';
import { addLeaf, type AddCommands } from '../command';
import { createPrinter } from '../print/printer';

interface SettingState {
  name: string;
  /** As text; null when not set, and for secrets. */
  value: string | null;
  source: 'set' | 'default' | 'not set';
  secret: boolean;
  meaning: string;
  /** Of SECRET_KEY: the short names of its keys, newest first. */
  keys?: readonly string[];
}

/** `check-config`: every setting as this release reads it, or all faults at once. Needs no database. */
export const addCheckConfig: AddCommands = (program, context) => {
  addLeaf(program, 'check-config', {
    summary: 'read the settings as the server would; print them, or every fault, without touching anything',
    examples: ['check-config', 'check-config --json'],
  }).action(({ json }: { json?: true }) => {
    const print = createPrinter(context.io, systemClock);
    try {
      const settings = listSettings(context.loadConfig());
      if (json) print.json({ usable: true, settings });
      else {
        print.table(settings, [
          { title: 'SETTING', cell: ({ name }) => name },
          { title: 'SOURCE', cell: ({ source }) => source },
          { title: 'VALUE', cell: shownValue, shrinks: true },
        ]);
      }
    } catch (error) {
      if (json && error instanceof ConfigError) print.json({ usable: false, faults: error.faults });
      throw json && error instanceof ConfigError
        ? new Failure('failed', 'The settings cannot be used; the faults are in the JSON.')
        : error;
    }
  });
};

function shownValue({ value, secret, source, keys }: SettingState): string {
  if (keys) return `(secret, not shown; newest ${keys.join(', then ')})`;
  if (secret && source !== 'not set') return '(secret, not shown)';
  return value === null || value === '' ? '–' : value;
}

function listSettings(config: Config): SettingState[] {
  const entries = Object.entries(SETTINGS) as [keyof Config, (typeof SETTINGS)[keyof Config]][];
  return entries.map(([key, setting]) => {
    const value = asText(config[key]);
    const fallback = setting.default === undefined ? null : asText(setting.read(setting.default));
    const secret = setting.secret === true;
    return {
      name: setting.name,
      value: secret ? null : value,
      source: value === null ? 'not set' : value === fallback ? 'default' : 'set',
      secret,
      meaning: setting.meaning,
      ...(key === 'secretKeys' && config.secretKeys && { keys: createSecrets(config.secretKeys).keyIds }),
    };
  });
}

/** A value as it would be typed. */
function asText(value: unknown): string | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries))
    return value.entries.join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
