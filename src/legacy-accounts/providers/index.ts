/** The list of checks of old passwords. A new one is its file and one line here. */
import type { LegacyCheckParts } from '../check-parts';
import type { LegacyCheck } from '../legacy-account';
import { createHttpCheck } from './http';
import { createImportCheck } from './import';

const CHECKS = {
  import: createImportCheck,
  http: createHttpCheck,
} satisfies Record<string, (parts: LegacyCheckParts) => LegacyCheck>;

/** The one that LEGACY_CHECK names; undefined for none. */
export function createLegacyCheck(parts: LegacyCheckParts): LegacyCheck | undefined {
  const { legacyCheck: name } = parts.config;
  return name === 'none' ? undefined : CHECKS[name](parts);
}
