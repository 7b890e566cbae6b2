/** Every registration path. A new one is its entry here and its texts. */
import type { RegistrationPath } from '../clients/client';
import type { Path } from './registration';

export const PATHS = {
  'port-one': { name: 'port-one', steps: ['data', 'password', 'finish'] },
} as const satisfies Record<RegistrationPath, Path>;

export function findPath(name: string): Path {
  return Object.hasOwn(PATHS, name) ? PATHS[name as keyof typeof PATHS] : PATHS['port-one'];
}
